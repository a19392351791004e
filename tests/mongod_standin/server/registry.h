// Stand-in: SASL mechanisms and their registry.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "bson.h"
#include "sasl_options.h"
#include "service.h"
#include "user.h"

namespace mongo {

enum class SecurityProperty { kMutualAuth, kNoPlainText };

class SecurityPropertySet {
 public:
    SecurityPropertySet(std::initializer_list<SecurityProperty> all) : all_(all) {}
    bool has(SecurityProperty one) const {
        return std::find(all_.begin(), all_.end(), one) != all_.end();
    }

 private:
    std::vector<SecurityProperty> all_;
};

class SaslServerCommonBase {
 public:
    virtual ~SaslServerCommonBase() = default;
    virtual StringData mechanismName() const = 0;
    virtual SecurityPropertySet properties() const = 0;
    virtual int securityLevel() const = 0;
    virtual bool isInternalAuthMech() const = 0;
};

class ServerMechanismBase : public SaslServerCommonBase {
 public:
    explicit ServerMechanismBase(std::string database)
        : _authenticationDatabase(std::move(database)) {}

    StatusWith<std::string> step(OperationContext* opCtx, StringData input) {
        const auto result = stepImpl(opCtx, input);
        if (!result.isOK()) return result.getStatus();
        _success = std::get<0>(result.getValue());
        return std::get<1>(result.getValue());
    }
    bool isSuccess() const { return _success; }
    virtual StringData getPrincipalName() const { return _principalName; }
    StringData getAuthenticationDatabase() const { return _authenticationDatabase; }

#if STANDIN_LINE >= 500
    virtual boost::optional<unsigned> currentStep() const = 0;
    virtual boost::optional<unsigned> totalSteps() const = 0;
#endif
#if STANDIN_LINE >= 404
    virtual void appendExtraInfo(BSONObjBuilder* /*builder*/) const {}
#endif
#if STANDIN_LINE >= 700
    virtual boost::optional<Date_t> getExpirationTime() const {
        return boost::none;
    }
#endif

 protected:
    virtual StatusWith<std::tuple<bool, std::string>> stepImpl(OperationContext* opCtx,
                                                               StringData input) = 0;
    bool _success = false;
    std::string _principalName;
    std::string _authenticationDatabase;
};

#if STANDIN_LINE >= 800
using StandinOwner = Service;
#else
using StandinOwner = ServiceContext;
#endif

class ServerFactoryBase : public SaslServerCommonBase {
 public:
    ServerFactoryBase() = default;
    explicit ServerFactoryBase(StandinOwner* /*owner*/) {}
    virtual bool canMakeMechanismForUser(const User* user) const = 0;
    virtual ServerMechanismBase* createImpl(std::string database) = 0;
};

template <class Policy, class Base>
class WithPolicy : public Base {
 public:
    using Base::Base;
    using policy_type = Policy;
    StringData mechanismName() const final { return Policy::getName(); }
    SecurityPropertySet properties() const final { return Policy::getProperties(); }
    int securityLevel() const final { return Policy::securityLevel(); }
    bool isInternalAuthMech() const final { return Policy::isInternalAuthMech(); }
};

template <class Policy>
class MakeServerMechanism : public WithPolicy<Policy, ServerMechanismBase> {
 public:
    explicit MakeServerMechanism(std::string database)
        : WithPolicy<Policy, ServerMechanismBase>(std::move(database)) {}
};

template <class Mechanism>
class MakeServerFactory : public WithPolicy<typename Mechanism::policy_type, ServerFactoryBase> {
    static_assert(
        std::is_base_of_v<MakeServerMechanism<typename Mechanism::policy_type>, Mechanism>);
    using Base = WithPolicy<typename Mechanism::policy_type, ServerFactoryBase>;

 public:
#if STANDIN_LINE >= 404
    explicit MakeServerFactory(StandinOwner* owner) : Base(owner) {}
#endif
    MakeServerFactory() = default;
    Mechanism* createImpl(std::string database) override {
        return new Mechanism(std::move(database));
    }
};

class SASLServerMechanismRegistry {
 public:
    explicit SASLServerMechanismRegistry(StandinOwner* owner) : owner_(owner) {}
    static SASLServerMechanismRegistry& get(StandinOwner* owner) { return *owner->registry; }

    template <class Factory>
    bool registerFactory() {
        static_assert(!Factory::isInternal);
        const auto& offered = saslGlobalParams.authenticationMechanisms;
        const StringData name = Factory::policy_type::getName();
        if (std::none_of(offered.begin(), offered.end(),
                         [&](const std::string& one) { return StringData(one) == name; })) {
            return false;
        }
#if STANDIN_LINE >= 404
        external_.push_back(std::make_unique<Factory>(owner_));
#else
        external_.push_back(std::make_unique<Factory>());
#endif
        std::stable_sort(external_.begin(), external_.end(), [](const auto& a, const auto& b) {
            return a->securityLevel() > b->securityLevel();
        });
        return true;
    }

    const std::vector<std::unique_ptr<ServerFactoryBase>>& external() const {
        return external_;
    }

 private:
    [[maybe_unused]] StandinOwner* const owner_;
    std::vector<std::unique_ptr<ServerFactoryBase>> external_;
};

}  // namespace mongo
