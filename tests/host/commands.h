// The commands: what a request asks for, who may ask, and the answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "bson.h"
#include "errors.h"
#include "login.h"
#include "store.h"
#include "wire.h"

namespace host {

// What all connections share; outlives them.
struct Services {
    LoginServices login;
    Store store;
    std::string name;  // host:port that the server listens on
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
    std::atomic<std::int32_t> connections{0};
};

// One command at work.
struct Command {
    Services& services;
    Login& login;
    std::uint64_t connection;
    const Request& request;
    Doc reply;

    // "find" and the like: the value of the first field, a collection's name.
    std::string_view collection() const;
    bool may(Action action) const;
};

// Runs the command and gives the whole reply, an error's included.
Doc run_command(Services& services, Login& login, std::uint64_t connection, const Request& request);

// Unless the user may do this on the command's database, the error to answer with.
Outcome require(const Command& command, Action action);
// Unless the command was sent to database admin, the error to answer with.
Outcome require_admin_database(const Command& command);

// commands_session.cpp: what a driver needs around its work.
Outcome hello(Command& command);
Outcome ping(Command& command);
Outcome build_info(Command& command);
Outcome end_sessions(Command& command);

// commands_auth.cpp
Outcome sasl_start(Command& command);
Outcome sasl_continue(Command& command);
Outcome logout(Command& command);
Outcome connection_status(Command& command);

// commands_data.cpp
Outcome list_databases(Command& command);
Outcome find(Command& command);
Outcome insert(Command& command);

// commands_admin.cpp: for root
Outcome get_parameter(Command& command);
Outcome kill_op(Command& command);
Outcome set_parameter(Command& command);
Outcome server_status(Command& command);

}  // namespace host
