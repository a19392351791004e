// getParameter, setParameter, serverStatus: the plugin's options and statistics. killOp.
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "commands.h"

namespace host {
namespace {

constexpr std::string_view kMechanisms = "authenticationMechanisms";

// Fields that any command may carry, and that are no parameters.
bool is_generic(std::string_view name) {
    return name.substr(0, 1) == "$" || name == "lsid" || name == "comment" || name == "maxTimeMS" ||
           name == "apiVersion" || name == "apiStrict" || name == "apiDeprecationErrors" ||
           name == "writeConcern" || name == "readConcern";
}

// With the type that the option's kind says.
void append_value(Doc& doc, const maws::OptionInfo& option, const std::string& value) {
    if (option.secret) {
        doc.text(option.name, "###");
        return;
    }
    if (option.kind == MAWS_OPTION_BOOLEAN) {
        doc.boolean(option.name, value == "true");
        return;
    }
    if (option.kind == MAWS_OPTION_INTEGER || option.kind == MAWS_OPTION_DURATION_MS) {
        std::int64_t number = 0;
        const char* end = value.data() + value.size();
        if (const auto read = std::from_chars(value.data(), end, number);
            read.ec == std::errc{} && read.ptr == end) {
            doc.integer64(option.name, number);
            return;
        }
    }
    doc.text(option.name, value);
}

// An option's value as the plugin wants it, which checks it. Empty: not a type that can be text.
std::optional<std::string> value_text(const Field& field) {
    if (const auto text = field.text()) return std::string(*text);
    if (const auto number = field.integer()) return std::to_string(*number);
    if (field.type() == BSON_TYPE_BOOL) return field.truthy() ? "true" : "false";
    return std::nullopt;
}

const maws::OptionInfo* option_of(const std::vector<maws::OptionInfo>& options,
                                  std::string_view name) {
    const auto found = std::find_if(options.begin(), options.end(),
                                    [&](const auto& option) { return option.name == name; });
    return found == options.end() ? nullptr : &*found;
}

Outcome require_root(const Command& command) {
    if (Outcome error = require_admin_database(command)) return error;
    return require(command, Action::kAdminister);
}

bool asks_for_all(const Field& first) {
    if (first.text() == "*") return true;
    const auto options = first.document();
    const auto all = options ? options->find("allParameters") : std::nullopt;
    return all && all->truthy();
}

}  // namespace

// A connection runs one operation at a time, so its number, hello's connectionId, is that one's,
// too.
Outcome kill_op(Command& command) {
    if (Outcome error = require_root(command)) return error;
    const auto field = command.request.body.find("op");
    const auto connection = field ? field->integer() : std::nullopt;
    if (!connection) return CommandError{Code::kTypeMismatch, "killOp needs a number op"};
    command.services.login.watcher.kill(static_cast<std::uint64_t>(*connection));
    return std::nullopt;
}

Outcome get_parameter(Command& command) {
    if (Outcome error = require_root(command)) return error;
    const DocView body = command.request.body;
    const bool all = asks_for_all(*body.first());
    const maws::Plugin& plugin = command.services.login.plugin;

    bool any = false;
    for (const maws::OptionInfo& option : plugin.library().options()) {
        if (!all && !body.find(option.name)) continue;
        const auto value = plugin.get_option(option.name);
        if (!value) return CommandError{Code::kInternalError, value.error().message};
        append_value(command.reply, option, value.value());
        any = true;
    }
    if (all || body.find(kMechanisms)) {
        command.reply.texts(kMechanisms, {"MONGODB-AWS"});
        any = true;
    }
    if (!any) return CommandError{Code::kInvalidOptions, "no option found to get"};
    return std::nullopt;
}

Outcome set_parameter(Command& command) {
    if (Outcome error = require_root(command)) return error;
    const maws::Plugin& plugin = command.services.login.plugin;
    const auto known = plugin.library().options();

    std::vector<maws::Option> changes;
    const auto fields = command.request.body.fields();
    for (std::size_t i = 1; i < fields.size(); ++i) {
        const std::string name(fields[i].key());
        if (is_generic(name)) continue;
        const maws::OptionInfo* option = option_of(known, name);
        if (option == nullptr && name != kMechanisms) {
            return CommandError{Code::kInvalidOptions,
                                "attempted to set unrecognized parameter [" + name + "]"};
        }
        if (option == nullptr || !option->runtime) {
            return CommandError{Code::kIllegalOperation,
                                "not allowed to change [" + name + "] at runtime"};
        }
        auto value = value_text(fields[i]);
        if (!value) {
            return CommandError{Code::kTypeMismatch, "[" + name + "] cannot have such a value"};
        }
        changes.push_back({name, std::move(*value)});
    }
    if (changes.empty()) {
        return CommandError{Code::kInvalidOptions, "no option found to set"};
    }
    const std::string first = changes.front().key;
    const auto before = plugin.get_option(first);
    if (const auto set = plugin.set_options(changes); !set) {
        return CommandError{Code::kBadValue, set.error().message};
    }
    if (before) {
        Doc was;
        append_value(was, *option_of(known, first), before.value());
        command.reply.value_of("was", was, first);
    }
    return std::nullopt;
}

Outcome server_status(Command& command) {
    if (Outcome error = require(command, Action::kAdminister)) return error;
    Services& services = command.services;
    const auto json = services.login.plugin.stats_json();
    if (!json) return CommandError{Code::kInternalError, json.error().message};
    std::string why;
    const auto statistics = Doc::from_json(json.value(), why);
    if (!statistics) {
        return CommandError{Code::kInternalError, "the plugin's statistics are no JSON: " + why};
    }
    const auto uptime = std::chrono::steady_clock::now() - services.started;
    Doc connections;
    connections.integer("current", services.connections.load());
    command.reply.text("host", services.name)
        .text("process", "mongo-aws-host")
        .integer64("pid", getpid())
        .number("uptime", std::chrono::duration<double>(uptime).count())
        .now("localTime")
        .document("connections", connections)
        .document("awsIamAuth", *statistics);
    return std::nullopt;
}

}  // namespace host
