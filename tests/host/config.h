// The command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "maws/library.h"
#include "maws/plugin.h"
#include "maws/result.h"

namespace host {

struct Config {
    std::uint16_t port = 27017;
    std::string bind_ip = "127.0.0.1";
    std::string plugin;
    std::string users;
    std::string certificate_key_file;  // empty: no TLS
    std::string log_path;              // empty: standard error
    std::int32_t log_level = 0;        // one of maws_log_level
    std::vector<maws::Option> parameters;
    bool help = false;
};

extern const char* const kUsage;

// Each option is `--name value` or `--name=value`, as mongod takes them.
maws::Result<Config> parse_command_line(const std::vector<std::string>& arguments);

// Those of the parameters that are for the plugin. Fails on a parameter that neither the plugin
// nor this server knows.
maws::Result<std::vector<maws::Option>> plugin_options(const Config& config,
                                                       const maws::Library& library);

}  // namespace host
