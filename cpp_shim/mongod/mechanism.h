// MONGODB-AWS for the server's registry of SASL mechanisms, verified by the plugin.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <tuple>

#include "maws/wait.h"
#include "mongo/db/auth/aws_auth/compat.h"
#include "mongo/db/auth/aws_auth/server_log.h"
#include "mongo/db/auth/user.h"
#include "mongo/db/operation_context.h"
#include "mongo/stdx/condition_variable.h"
#include "mongo/util/timer.h"

namespace mongo {
namespace awsauth {

struct Policy {
    static Text getName() { return text("MONGODB-AWS"); }
    static SecurityPropertySet getProperties() {
        return SecurityPropertySet{SecurityProperty::kNoPlainText};
    }
    // Above a mechanism of the same name that the server itself has (level 1): the registry takes
    // the first.
    static int securityLevel() { return 2; }
    static constexpr bool isInternalAuthMech() { return false; }
};

// What the server's interruptible waits take in every line. stdx::mutex is the same type, and is
// gone in the newest.
struct WaitTypes {
    using Mutex = std::mutex;  // NOLINT
    using ConditionVariable = stdx::condition_variable;
    using Lock = std::unique_lock<std::mutex>;  // NOLINT
};

// One login.
class Mechanism final : public Adapted<MakeServerMechanism<Policy>> {
 public:
    explicit Mechanism(std::string authenticationDatabase)
        : Adapted<MakeServerMechanism<Policy>>(std::move(authenticationDatabase)) {}

 private:
    using StepResult = StatusWith<std::tuple<bool, std::string>>;

    // Never throws: in 4.2 an exception would reach the client with its own code, unaudited.
    StepResult stepImpl(OperationContext* opCtx, Text input) override;
    StepResult doStep(OperationContext* opCtx, Text input);
    Status begin(OperationContext* opCtx);
    StepResult verified(const maws::Info& info);
    // Ends the login with a line in the log, which says `detail` where that is not empty. The
    // status that refuse gives has the group's code, and a text that leads to that line without
    // telling the reason.
    void report(maws_status status, const maws::Info& info, std::string detail);
    Status refuse(maws_status status, const maws::Info& info);
    void fillRecord(const maws::Info& info);

    Timer timer_;
    LoginRecord record_;
    bool over_ = false;
    maws::BasicWaiter<WaitTypes> waiter_;  // before the conversation, which it has to outlive
    std::optional<maws::Conversation> conversation_;
};

class Factory final : public MakeServerFactory<Mechanism> {
 public:
    using MakeServerFactory<Mechanism>::MakeServerFactory;
    // For $external, and for no other database.
    static constexpr bool isInternal = false;
    bool canMakeMechanismForUser(const User* user) const override;
};

}  // namespace awsauth
}  // namespace mongo
