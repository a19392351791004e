// A server as the tests need it: started with settings, logged in to, shut down.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "mongo/db/auth/aws_auth/aws_auth_plugin.h"
#include "mongo/db/auth/aws_auth/mechanism.h"
#include "mongo/db/auth/aws_auth/parameters.h"
#include "server/curop.h"
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

// One run of a server, from its settings to its end.
class Server {
 public:
    // What the last one left in the process's settings goes.
    explicit Server(std::string plugin) {
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
    // A server's process ends with the plugin in use; here the next server needs a new one. That it
    // can be destroyed shows that no login has left a conversation behind.
    ~Server() {
        const std::unique_ptr<mongo::awsauth::Active> last(mongo::awsauth::active());
        mongo::awsauth::setActive(nullptr);
        if (last) CHECK(last->plugin().destroy(5000).ok());
    }

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

    // Interrupts all operations, those to come included, as the server does at shutdown once it
    // takes no more connections.
    void interruptAll() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        interrupted_ = true;
        for (mongo::OperationContext* operation : operations_) {
            operation->markKilled(ErrorCodes::InterruptedAtShutdown);
        }
    }
    void add(mongo::OperationContext* operation) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        operations_.insert(operation);
        if (interrupted_) operation->markKilled(ErrorCodes::InterruptedAtShutdown);
    }
    void remove(mongo::OperationContext* operation) const {
        const std::lock_guard<std::mutex> lock(mutex_);
        operations_.erase(operation);
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
#if STANDIN_LINE < 500
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
    mutable std::mutex mutex_;
    mutable std::set<mongo::OperationContext*> operations_;
    mutable bool interrupted_ = false;
};

// One client's connection with an operation of its own for each command.
class Connection {
 public:
    explicit Connection(const Server& server, std::string database = "$external", bool tls = true)
        : server_(server),
          client_(std::make_shared<mongo::transport::Session>("192.0.2.1:40000", tls)),
          mechanism_(server.registry().external().front()->createImpl(std::move(database))) {
        next();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { server_.remove(operation_.get()); }

    // The command to come; may be killed from now on.
    mongo::OperationContext& operation() { return *operation_; }
    void next() {
        if (operation_) server_.remove(operation_.get());
        shown_ = std::make_unique<mongo::CurOp>(&client_, mongo::BSONObj());
        operation_ = std::make_unique<mongo::OperationContext>(&client_, shown_.get());
        server_.add(operation_.get());
    }
    // What currentOp and the profiler show of the command.
    std::string shown() {
        const std::lock_guard<mongo::Client> lock(client_);
        return shown_->opDescription().jsonString();
    }

    // The mechanism's input is part of the command that the server shows.
    mongo::StatusWith<std::string> step(const std::string& payload) {
        mongo::BSONObj::Fields command{{"saslContinue", "1"}, {"payload", payload}};
        {
            const std::lock_guard<mongo::Client> lock(client_);
            *shown_ = mongo::CurOp(&client_, mongo::BSONObj(std::move(command)));
        }
        const std::string& input = shown_->opDescription().fields().at("payload");
        return mechanism_->step(operation_.get(), mongo::StringData(input.data(), input.size()));
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
    const Server& server_;
    mongo::Client client_;
    std::unique_ptr<mongo::CurOp> shown_;
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
