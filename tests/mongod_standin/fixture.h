// A server as the tests need it: started with settings, logged in to, shut down.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "active.h"
#include "mechanism.h"
#include "parameters.h"
#include "server/log_store.h"
#include "server/registry.h"
#include "server/startup.h"
#include "server/status_section.h"
#include "server/tls.h"
#if defined(STANDIN_PSMDB)
#include "mongo/db/ldap_options.h"
#endif

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                       \
        }                                                                                       \
    } while (false)

namespace standin {

using mongo::ErrorCodes;
using mongo::Status;

#if defined(STANDIN_PSMDB)
constexpr bool kPsmdb = true;
#else
constexpr bool kPsmdb = false;
#endif

// The mechanism that a server has without the plugin.
struct BuiltInPolicy {
    static mongo::StringData getName() { return mongo::StringData("MONGODB-AWS", 11); }
    static mongo::SecurityPropertySet getProperties() { return {}; }
    static int securityLevel() { return 1; }
    static bool isInternalAuthMech() { return false; }
};

class BuiltIn final : public mongo::awsauth::Adapted<mongo::MakeServerMechanism<BuiltInPolicy>> {
 public:
    explicit BuiltIn(std::string database)
        : mongo::awsauth::Adapted<mongo::MakeServerMechanism<BuiltInPolicy>>(std::move(database)) {}

 private:
    mongo::StatusWith<std::tuple<bool, std::string>> stepImpl(mongo::OperationContext* /*opCtx*/,
                                                              mongo::StringData) override {
        return Status(ErrorCodes::AuthenticationFailed, "built in");
    }
};

class BuiltInFactory final : public mongo::MakeServerFactory<BuiltIn> {
 public:
    using mongo::MakeServerFactory<BuiltIn>::MakeServerFactory;
    static constexpr bool isInternal = false;
    bool canMakeMechanismForUser(const mongo::User* /*user*/) const override { return true; }
};

// One run of a server, from its settings to its shutdown.
class Server {
 public:
    // What the last one left in the process's settings goes.
    explicit Server(std::string plugin) {
        mongo::awsauth::setActive(nullptr);
        mongo::standinShutdownTasks().clear();
        mongo::saslGlobalParams = {};
        mongo::sslGlobalParams = {};
        mongo::saslGlobalParams.authenticationMechanisms = {"SCRAM-SHA-256", "MONGODB-AWS"};
        mongo::awsauth::parameters.awsAuthPluginPath = std::move(plugin);
        mongo::awsauth::parameters.awsMaxSessionSecs.store(0);
        theLog.take();
        theLog.debug = false;
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() { shutDown(); }

    // Initializers, then whatever has a registry of mechanisms.
    Status start() {
        const Status initialized = initialize();
        if (!initialized.isOK()) return initialized;
#if STANDIN_LINE >= 800
        makeOwner();  // the shard's
        makeOwner();  // the router's
#else
        makeOwner();
#endif
        return Status::OK();
    }

    void shutDown() {
        const auto tasks = std::exchange(mongo::standinShutdownTasks(), {});
        for (const auto& task : tasks) task();
    }

    const mongo::SASLServerMechanismRegistry& registry(std::size_t index = 0) const {
        return *owners_.at(index)->registry;
    }
    std::size_t registries() const {
        return owners_.size();
    }

    // Is the mechanism that a login would get the plugin's?
    bool offersPlugin(std::size_t index = 0) const {
        const auto& factories = registry(index).external();
        return !factories.empty() &&
               dynamic_cast<const mongo::awsauth::Factory*>(factories.front().get()) != nullptr;
    }

 private:
    static Status initialize() {
        mongo::InitializerContext context;
        for (const auto& initializer : mongo::standinInitializers()) {
#if STANDIN_LINE < 600
            const Status status = initializer(&context);
            if (!status.isOK()) return status;
#else
            try {
                initializer(&context);
            } catch (const mongo::DBException& error) {
                return error.toStatus();
            }
#endif
        }
        return Status::OK();
    }

    void makeOwner() {
        using Owner = mongo::StandinOwner;
        auto owner = std::make_unique<Owner>();
        owner->registry = std::make_shared<mongo::SASLServerMechanismRegistry>(owner.get());
        for (const auto& action : Owner::actions()) action(owner.get());
        if (kPsmdb) owner->registry->template registerFactory<BuiltInFactory>();
        owners_.push_back(std::move(owner));
    }

    std::vector<std::unique_ptr<mongo::StandinOwner>> owners_;
};

// One client's connection with an operation of its own for each command.
class Connection {
 public:
    explicit Connection(const Server& server, std::string database = "$external", bool tls = true)
        : client_(std::make_shared<mongo::transport::Session>("192.0.2.1:40000", tls)),
          mechanism_(server.registry().external().front()->createImpl(std::move(database))) {
        next();
    }

    // The command to come; may be killed from now on.
    mongo::OperationContext& operation() { return *operation_; }
    void next() { operation_ = std::make_unique<mongo::OperationContext>(&client_); }

    mongo::StatusWith<std::string> step(const std::string& payload) {
        return mechanism_->step(operation_.get(), payload);
    }
    Status status(const std::string& payload) { return step(payload).getStatus(); }
    // The first message, which the plugin answers.
    void first() {
        const auto reply = step("first");
        CHECK(reply.isOK() && !reply.getValue().empty() && !mechanism_->isSuccess());
        next();
    }

    mongo::ServerMechanismBase& mechanism() { return *mechanism_; }
    std::string principal() const {
        return std::string(mongo::awsauth::viewOf(mechanism_->getPrincipalName()));
    }
    void drop() { mechanism_.reset(); }

 private:
    mongo::Client client_;
    std::unique_ptr<mongo::OperationContext> operation_;
    std::unique_ptr<mongo::ServerMechanismBase> mechanism_;
};

inline bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// How many lines of this severity have all the parts.
inline int count(const std::vector<Line>& lines, Severity severity,
                 const std::vector<std::string>& parts) {
    int found = 0;
    for (const Line& line : lines) {
        bool all = line.severity == severity;
        for (const std::string& part : parts) all = all && contains(line.text, part);
        found += all ? 1 : 0;
    }
    return found;
}

inline std::ptrdiff_t threads() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
}

}  // namespace standin
