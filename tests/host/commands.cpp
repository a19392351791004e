#include "commands.h"

#include <array>

namespace host {
namespace {

enum class Access { kAnyone, kLoggedIn };

struct Entry {
    std::string_view name;
    Access access;
    Outcome (*run)(Command&);
};

// Before login there is only what mongod allows then. Privileges on databases are checked by the
// commands themselves.
constexpr std::array kCommands{
    Entry{"hello", Access::kAnyone, hello},
    Entry{"isMaster", Access::kAnyone, hello},
    Entry{"ismaster", Access::kAnyone, hello},
    Entry{"ping", Access::kAnyone, ping},
    Entry{"buildInfo", Access::kAnyone, build_info},
    Entry{"buildinfo", Access::kAnyone, build_info},
    Entry{"saslStart", Access::kAnyone, sasl_start},
    Entry{"saslContinue", Access::kAnyone, sasl_continue},
    Entry{"logout", Access::kAnyone, logout},
    Entry{"connectionStatus", Access::kAnyone, connection_status},
    Entry{"endSessions", Access::kLoggedIn, end_sessions},
    Entry{"listDatabases", Access::kLoggedIn, list_databases},
    Entry{"find", Access::kLoggedIn, find},
    Entry{"insert", Access::kLoggedIn, insert},
    Entry{"killOp", Access::kLoggedIn, kill_op},
    Entry{"getParameter", Access::kLoggedIn, get_parameter},
    Entry{"setParameter", Access::kLoggedIn, set_parameter},
    Entry{"serverStatus", Access::kLoggedIn, server_status},
};

const Entry* entry_of(std::string_view name) {
    for (const Entry& entry : kCommands) {
        if (entry.name == name) return &entry;
    }
    return nullptr;
}

Outcome dispatch(Command& command) {
    const std::string name(command.request.command);
    const Entry* entry = entry_of(name);
    if (command.request.legacy && (entry == nullptr || entry->run != hello)) {
        return CommandError{Code::kUnsupportedOpQueryCommand,
                            "Unsupported OP_QUERY command: " + name +
                                ". The client driver may require an upgrade."};
    }
    if (entry == nullptr) {
        return CommandError{Code::kCommandNotFound, "no such command: '" + name + "'"};
    }
    if (entry->access == Access::kLoggedIn && command.login.user() == nullptr) {
        return CommandError{Code::kUnauthorized, "Command " + name + " requires authentication"};
    }
    for (const std::string_view field : {"startTransaction", "autocommit"}) {
        if (command.request.body.find(field)) {
            return CommandError{Code::kIllegalOperation,
                                "Transaction numbers are only allowed on a replica set member or "
                                "mongos"};
        }
    }
    return entry->run(command);
}

}  // namespace

std::string_view Command::collection() const {
    const auto first = request.body.first();
    return first ? first->text().value_or(std::string_view{}) : std::string_view{};
}

bool Command::may(Action action) const {
    return login.user() != nullptr && login.user()->may(action, request.database);
}

Outcome require(const Command& command, Action action) {
    if (command.may(action)) return std::nullopt;
    return CommandError{Code::kUnauthorized,
                        "not authorized on " + std::string(command.request.database) +
                            " to execute command " + std::string(command.request.command)};
}

Outcome require_admin_database(const Command& command) {
    if (command.request.database == "admin") return std::nullopt;
    return CommandError{Code::kUnauthorized, std::string(command.request.command) +
                                                 " may only be run against the admin database."};
}

Doc run_command(Services& services, Login& login, std::uint64_t connection,
                const Request& request) {
    Command command{services, login, connection, request, {}};
    if (const Outcome error = dispatch(command)) return error_reply(*error);
    command.reply.number("ok", 1);
    if (command.reply.ok()) return std::move(command.reply);
    return error_reply({Code::kInternalError, "the reply does not fit into one message"});
}

}  // namespace host
