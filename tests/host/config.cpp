#include "config.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "maws/status.h"

namespace host {

const char* const kUsage =
    "usage: mongo-aws-host --plugin PATH --users FILE [options]\n"
    "\n"
    "  --plugin PATH                the plugin, libmongodb_aws_auth.so; an absolute path\n"
    "  --users FILE                 users of $external: a JSON array of {\"user\", \"roles\"}\n"
    "  --port N                     27017; 0 takes a free port\n"
    "  --bind_ip IP                 127.0.0.1\n"
    "  --setParameter NAME=VALUE    an option of the plugin; may be repeated\n"
    "  --tlsCertificateKeyFile PEM  certificate and key; clients must then use TLS\n"
    "  --logLevel LEVEL             debug, info (default), warning, error or off\n"
    "  --logpath FILE               appended to; default standard error\n"
    "\n"
    "Prints 'listening on IP:PORT' on standard output when it is ready. SIGTERM stops it.\n"
    "Exit status: 0 stopped, 1 a failure at run time, 2 a wrong setting.\n";

namespace {

maws::Error wrong(const std::string& what) {
    return maws::Error{MAWS_E_ARGUMENT, what};
}

std::optional<std::uint16_t> port_of(const std::string& text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, port);
    if (text.empty() || read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return port;
}

// Empty, or what is wrong.
std::string add_parameter(Config& config, const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
        return "--setParameter '" + text + "': must be NAME=VALUE";
    }
    maws::Option option{text.substr(0, equals), text.substr(equals + 1)};
    for (const maws::Option& other : config.parameters) {
        if (other.key == option.key) return "--setParameter '" + option.key + "': given twice";
    }
    config.parameters.push_back(std::move(option));
    return {};
}

// Empty, or what is wrong.
std::string apply(Config& config, const std::string& name, const std::string& value) {
    if (name == "--port") {
        const auto port = port_of(value);
        if (!port) return "--port '" + value + "': must be a number from 0 to 65535";
        config.port = *port;
    } else if (name == "--setParameter") {
        return add_parameter(config, value);
    } else if (name == "--logLevel") {
        const auto level = maws::level_of(value);
        if (!level) {
            return "--logLevel '" + value + "': must be debug, info, warning, error or off";
        }
        config.log_level = *level;
    } else if (name == "--bind_ip") {
        config.bind_ip = value;
    } else if (name == "--plugin") {
        config.plugin = value;
    } else if (name == "--users") {
        config.users = value;
    } else if (name == "--tlsCertificateKeyFile") {
        config.certificate_key_file = value;
    } else if (name == "--logpath") {
        config.log_path = value;
    } else {
        return "unknown option '" + name + "'; --help shows all";
    }
    return {};
}

}  // namespace

maws::Result<Config> parse_command_line(const std::vector<std::string>& arguments) {
    Config config;
    config.log_level = MAWS_LOG_INFO;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string name = arguments[i];
        std::string value;
        if (name == "--help") {
            config.help = true;
            return config;
        }
        const std::size_t equals = name.find('=');
        if (equals != std::string::npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        } else if (i + 1 < arguments.size()) {
            value = arguments[++i];
        } else {
            return wrong("option '" + name + "' needs a value; --help shows all");
        }
        if (std::string why = apply(config, name, value); !why.empty()) return wrong(why);
    }
    if (config.plugin.empty()) return wrong("--plugin is missing; --help shows all");
    if (config.users.empty()) return wrong("--users is missing; --help shows all");
    return config;
}

maws::Result<std::vector<maws::Option>> plugin_options(const Config& config,
                                                       const maws::Library& library) {
    const std::vector<maws::OptionInfo> known = library.options();
    std::vector<maws::Option> options;
    for (const maws::Option& parameter : config.parameters) {
        if (parameter.key == "authenticationMechanisms") {
            // mongod's own list, accepted so that its command lines work; nothing else is here.
            if (parameter.value != "MONGODB-AWS") {
                return wrong("--setParameter authenticationMechanisms '" + parameter.value +
                             "': this server has MONGODB-AWS only");
            }
            continue;
        }
        const bool is_known = std::any_of(known.begin(), known.end(), [&](const auto& option) {
            return option.name == parameter.key;
        });
        if (!is_known) {
            return wrong("--setParameter '" + parameter.key + "': no such parameter");
        }
        options.push_back(parameter);
    }
    return options;
}

}  // namespace host
