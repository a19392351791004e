// saslStart, saslContinue, logout, connectionStatus.
#include <limits>

#include "commands.h"
#include "messages.h"

namespace host {
namespace {

constexpr std::string_view kMechanism = "MONGODB-AWS";
// One attempt per connection at a time, so one number is enough; mongod does the same.
constexpr std::int32_t kConversationId = 1;

// The same for every reason, byte for byte: the client learns nothing but that it was refused.
CommandError authentication_failed() {
    return {Code::kAuthenticationFailed, "Authentication failed."};
}

Outcome answer(Command& command, const std::optional<Login::Reply>& reply) {
    if (!reply) return authentication_failed();
    command.reply.integer("conversationId", kConversationId)
        .boolean("done", reply->done)
        .binary("payload", reply->payload);
    return std::nullopt;
}

Login::Limit limit_of(const Command& command) {
    const auto field = command.request.body.find("maxTimeMS");
    const auto limit = field ? field->integer() : std::nullopt;
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    return limit && *limit > 0 && *limit <= kMost ? Login::Limit(*limit) : std::nullopt;
}

std::optional<std::string_view> payload_of(const Command& command) {
    const auto payload = command.request.body.find("payload");
    return payload ? payload->binary() : std::nullopt;
}

}  // namespace

Outcome sasl_start(Command& command) {
    const auto mechanism = command.request.body.find("mechanism");
    const auto name = mechanism ? mechanism->text() : std::nullopt;
    if (name != kMechanism) {
        return CommandError{Code::kMechanismUnavailable, "Received authentication for mechanism " +
                                                             std::string(name.value_or("(none)")) +
                                                             " which is unknown or not enabled"};
    }
    const auto payload = payload_of(command);
    if (!payload) {
        command.login.abandon<messages::kStartWithoutPayload>();
        return authentication_failed();
    }
    return answer(command,
                  command.login.start(command.request.database, *payload, limit_of(command)));
}

Outcome sasl_continue(Command& command) {
    if (!command.login.in_progress()) {
        return CommandError{Code::kProtocolError, "No SASL session state found"};
    }
    const auto id = command.request.body.find("conversationId");
    const auto payload = payload_of(command);
    if (!id || id->integer() != kConversationId || !payload) {
        command.login.abandon<messages::kContinueWithoutPayload>();
        return authentication_failed();
    }
    return answer(command, command.login.proceed(*payload, limit_of(command)));
}

Outcome logout(Command& command) {
    if (command.request.database == kExternalDatabase) command.login.log_out();
    return std::nullopt;
}

Outcome connection_status(Command& command) {
    const auto show = command.request.body.find("showPrivileges");
    const User* user = command.login.user();
    std::vector<Doc> users;
    if (user != nullptr) {
        users.emplace_back();
        users.back().text("user", user->name).text("db", kExternalDatabase);
    }
    Doc info;
    info.array("authenticatedUsers", users)
        .array("authenticatedUserRoles", user ? describe_roles(*user) : std::vector<Doc>{});
    if (show && show->truthy()) {
        info.array("authenticatedUserPrivileges",
                   user ? describe_privileges(*user) : std::vector<Doc>{});
    }
    command.reply.document("authInfo", info);
    return std::nullopt;
}

}  // namespace host
