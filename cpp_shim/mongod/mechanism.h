// MONGODB-AWS for the server's registry of SASL mechanisms, verified by the plugin.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>

#include "compat.h"
#include "live_logins.h"
#include "maws/wait.h"
#include "mongo/db/auth/user.h"
#include "mongo/db/operation_context.h"
#include "mongo/stdx/condition_variable.h"
#include "mongo/stdx/mutex.h"
#include "server_log.h"

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

// What the server's condition variables and its interruptible waits are made for.
struct WaitTypes {
    using Mutex = stdx::mutex;
    using ConditionVariable = stdx::condition_variable;
    using Lock = stdx::unique_lock<stdx::mutex>;
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
    // Ends the login with a line in the log. The status that refuse gives has the group's code, and
    // a text that leads to that line without telling the reason.
    void report(maws_status status, const maws::Info& info);
    Status refuse(maws_status status, const maws::Info& info);
    void fillRecord(const maws::Info& info);

    std::chrono::steady_clock::time_point began_;
    LoginRecord record_;
    bool over_ = false;
    maws::BasicWaiter<WaitTypes> waiter_;  // before the login, which it has to outlive
    std::optional<LiveLogins::Login> login_;
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
