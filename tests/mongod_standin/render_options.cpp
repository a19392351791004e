// The files of the adapter that follow from the plugin's table of options: what they should hold.
//
//     render_options PLUGIN FOLDER          fails when a file in FOLDER holds something else
//     render_options PLUGIN FOLDER --write  writes them
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "maws/library.h"

namespace {

using Options = std::vector<maws::OptionInfo>;

constexpr const char* kComment = "Rendered from the plugin's table of options; see docs/mongod.md.";

const char* value_kind(const maws::OptionInfo& option) {
    switch (option.kind) {
        case MAWS_OPTION_INTEGER:
        case MAWS_OPTION_DURATION_MS:
            return "Number";
        case MAWS_OPTION_BOOLEAN:
            return "Flag";
        default:
            return "Text";
    }
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

// The server puts descriptions into comments of its generated code.
std::string description(std::string_view help) {
    std::string text(help);
    for (const char* mark : {"/*", "*/"}) {
        for (auto at = text.find(mark); at != text.npos; at = text.find(mark)) {
            text.insert(at + 1, " ");
        }
    }
    return quoted(text);
}

std::string option_list(const Options& options) {
    std::ostringstream out;
    out << "// " << kComment << "\n#pragma once\n\n// clang-format off\n"
        << "// Kind of the value, name, default.\n#define MAWS_SERVER_OPTIONS(OPTION)";
    for (const maws::OptionInfo& option : options) {
        const std::string kind = value_kind(option);
        out << " \\\n    OPTION(" << (option.runtime ? "Runtime" : "Startup") << kind << ", "
            << option.name << ", "
            << (kind == "Text" ? quoted(option.default_value) : std::string(option.default_value))
            << ")";
    }
    out << "\n// clang-format on\n";
    return out.str();
}

std::string parameter(const maws::OptionInfo& option) {
    std::ostringstream out;
    out << "  " << option.name << ":\n    description: " << description(option.help)
        << "\n    set_at: " << (option.runtime ? "[ startup, runtime ]" : "startup")
        << "\n    cpp_varname: \"awsauth::parameters." << option.name << "\"\n";
    if (option.runtime) {
        out << "    validator: { callback: \"awsauth::check_" << option.name << "\" }\n";
    }
    out << "    redact: " << (option.secret ? "true" : "false") << "\n";
    return out.str();
}

constexpr const char* kGlobal = R"(
global:
  cpp_namespace: "mongo"
  cpp_includes:
    - "mongo/db/auth/aws_auth/parameters.h"

server_parameters:
)";

constexpr const char* kOwnParameters =
    R"(  awsAuthPluginPath:
    description: "Absolute path of the library that verifies MONGODB-AWS logins; empty: not used."
    set_at: startup
    cpp_varname: "awsauth::parameters.awsAuthPluginPath"
    redact: false
  awsMaxSessionSecs:
    description: "Seconds after which a MONGODB-AWS login expires and the client has to log in again; 0: never."
    set_at: [ startup, runtime ]
    cpp_varname: "awsauth::parameters.awsMaxSessionSecs"
    validator: { gte: 0, lte: 31536000 }
    redact: false
)";

std::string idl(const Options& options) {
    std::string out = std::string("# Server parameters of the MONGODB-AWS plugin.\n# ") + kComment +
                      "\n" + kGlobal + kOwnParameters;
    for (const maws::OptionInfo& option : options) {
        if (option.name != "awsStsHost") out += parameter(option);
    }
    return out;
}

std::string sts_host_idl(const Options& options) {
    std::string out =
        std::string("# awsStsHost, for servers that do not declare it themselves.\n# ") + kComment +
        "\n" + kGlobal;
    for (const maws::OptionInfo& option : options) {
        if (option.name == "awsStsHost") out += parameter(option);
    }
    return out;
}

std::string content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

int main(int argc, char** argv) {
    const bool write = argc == 4 && std::strcmp(argv[3], "--write") == 0;
    if (argc != 3 && !write) {
        std::fprintf(stderr, "usage: render_options PLUGIN FOLDER [--write]\n");
        return 2;
    }
    const auto library = maws::Library::open(argv[1]);
    if (!library) {
        std::fprintf(stderr, "%s\n", library.error().message.c_str());
        return 2;
    }
    const Options options = library.value().options();
    const std::pair<const char*, std::string> files[] = {
        {"option_list.h", option_list(options)},
        {"aws_auth.idl", idl(options)},
        {"aws_auth_sts_host.idl", sts_host_idl(options)}};
    int result = 0;
    for (const auto& [name, wanted] : files) {
        const std::string path = std::string(argv[2]) + "/" + name;
        if (write) {
            std::ofstream(path) << wanted;
        } else if (content(path) != wanted) {
            std::fprintf(stderr,
                         "%s does not follow the plugin's table of options: run scripts/generate\n",
                         path.c_str());
            result = 1;
        }
    }
    return result;
}
