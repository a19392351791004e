// What differs between the lines of the server, in one place.
//
// Nothing here asks for a version. Every difference is seen in the server's own headers, by a file
// that is there or by a member that a class has, so that back-ports and relatives need no edit:
//
//   what                         4.2        4.4         5.0 to 7.0   8.0         master
//   names in the registry        StringData                                      std::string_view
//   bytes of a StringData        rawData()                           data()      data()
//   owner of a registry          ServiceContext                      Service
//   registration's dependents    from 4.2.8 a second list of names
//   an initializer gives         Status     Status      void
//   currentStep, totalSteps      -          -           pure virtual
//   appendExtraInfo              -          virtual (4.4.6)
//   getExpirationTime            -          -           virtual (7.0)
//   SSLPeerInfo                  a reference, flag      a reference or pointer, function
//   CurOp's description          set with the client's lock held         the lock is passed, too
//   serverStatus section         static object          static object or builder by role
//   log                          streams    LOGV2
//   a MONGODB-AWS of its own     -          -           Percona Server for MongoDB
//   an awsStsHost of its own     -          -           Percona Server for MongoDB (6.0.8)
//
// The newest line's build reads each include of a mongo/ header, whatever #if stands around it, and
// wants the header to be there. One that some line lacks is therefore included through a macro.
#pragma once

#include <boost/optional.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mongo/base/init.h"
#include "mongo/base/status.h"
#include "mongo/bson/bsonobjbuilder.h"
#include "mongo/db/auth/sasl_mechanism_registry.h"
#include "mongo/util/assert_util.h"
#include "mongo/util/time_support.h"
#if __has_include("mongo/platform/atomic_word.h")
#define MAWS_ATOMIC "mongo/platform/atomic_word.h"
#else
#define MAWS_ATOMIC "mongo/platform/atomic.h"
#endif
#include MAWS_ATOMIC
#undef MAWS_ATOMIC

namespace mongo {
namespace awsauth {

#if __has_include("mongo/db/auth/external/awsiam_server_mechanism.h")
// The server has a MONGODB-AWS mechanism without this plugin.
constexpr bool kHasBuiltIn = true;
#else
constexpr bool kHasBuiltIn = false;
#endif

#if __has_include("mongo/platform/atomic_word.h")
template <class T>
using AtomicValue = AtomicWord<T>;
#else
template <class T>
using AtomicValue = Atomic<T>;
#endif

// --- Texts.
// ---------------------------------------------------------------------------------------

// What the registry's interfaces pass names and payloads as.
using Text = decltype(std::declval<const SaslServerCommonBase&>().mechanismName());

inline Text text(const char* literal) {
    return Text(literal, std::strlen(literal));
}

template <class AnyText, class = void>
struct HasData : std::false_type {};
template <class AnyText>
struct HasData<AnyText, std::void_t<decltype(std::declval<const AnyText&>().data())>>
    : std::true_type {};

// Any of the server's kinds of text, the oldest of which calls its bytes rawData().
template <class AnyText>
std::string_view viewOf(const AnyText& from) {
    if constexpr (HasData<AnyText>::value) {
        return std::string_view(from.data(), from.size());
    } else {
        return std::string_view(from.rawData(), from.size());
    }
}

// --- Registration.
// --------------------------------------------------------------------------------

template <class Owner>
Owner* registryOwner(SASLServerMechanismRegistry& (*)(Owner*));

// Who has a registry of mechanisms: the service context, or each of its services.
using RegistryOwner =
    std::remove_pointer_t<decltype(registryOwner(&SASLServerMechanismRegistry::get))>;

// Runs `action` for every registry, once it is there and before it is checked that all of
// authenticationMechanisms is known. Only as a static object, as GlobalSASLMechanismRegisterer.
template <class Registerer, class Action>
Registerer makeRegisterer(const char* name, Action action) {
    using Names = std::vector<std::string>;
    const Names after{"CreateSASLServerMechanismRegistry"};
    if constexpr (std::is_constructible_v<Registerer, std::string, Names, Names, Action>) {
        return Registerer(name, after, Names{"ValidateSASLServerMechanismRegistry"}, action);
    } else {
        return Registerer(name, after, action);
    }
}

// --- Initializers.
// --------------------------------------------------------------------------------

using InitializerResult = std::invoke_result_t<InitializerFunction, InitializerContext*>;

// Ends an initializer: gives the status, or throws it.
template <class Result>
Result endInitializer(const Status& status) {
    if constexpr (std::is_void_v<Result>) {
        uassertStatusOK(status);
    } else {
        return status;
    }
}

// --- The mechanism's virtual functions.
// -----------------------------------------------------------

// What a mechanism tells the server besides its outcome.
struct LoginFacts {
    unsigned step = 0;
    boost::optional<Date_t> expires;
    std::string userId;
    std::string principal;
    std::string rawArn;
    std::string account;
    std::string stsRequestId;
};

template <class Base>
class WithFacts : public Base {
 public:
    using Base::Base;

 protected:
    LoginFacts facts_;
};

template <class Base, class = void>
class WithSteps : public Base {
 public:
    using Base::Base;
};

template <class Base>
class WithSteps<Base, std::void_t<decltype(std::declval<const Base&>().currentStep())>>
    : public Base {
 public:
    using Base::Base;
    decltype(std::declval<const Base&>().currentStep()) currentStep() const override {
        return this->facts_.step;
    }
    decltype(std::declval<const Base&>().totalSteps()) totalSteps() const override { return 2U; }
};

template <class Base, class = void>
class WithExpiration : public Base {
 public:
    using Base::Base;
};

template <class Base>
class WithExpiration<Base, std::void_t<decltype(std::declval<const Base&>().getExpirationTime())>>
    : public Base {
 public:
    using Base::Base;
    boost::optional<Date_t> getExpirationTime() const override { return this->facts_.expires; }
};

template <class Base, class = void>
class WithExtraInfo : public Base {
 public:
    using Base::Base;
};

// The server calls it for every log line of a login, after a failure too: absent members are left
// out, and nothing is thrown.
template <class Base>
class WithExtraInfo<Base, std::void_t<decltype(std::declval<const Base&>().appendExtraInfo(
                              std::declval<BSONObjBuilder*>()))>> : public Base {
 public:
    using Base::Base;
    void appendExtraInfo(BSONObjBuilder* builder) const override {
        const LoginFacts& facts = this->facts_;
        try {
            const auto add = [builder](const char* key, const std::string& value) {
                if (!value.empty()) builder->append(key, value);
            };
            add("awsId", facts.userId);
            add("awsArn", facts.principal);
            add("awsRawArn", facts.rawArn);
            add("awsAccount", facts.account);
            add("awsStsRequestId", facts.stsRequestId);
        } catch (const std::exception&) {
            // Out of memory: the line goes without.
        }
    }
};

template <class Base>
using Adapted = WithExtraInfo<WithExpiration<WithSteps<WithFacts<Base>>>>;

// --- Other interfaces.
// ----------------------------------------------------------------------------

// SSLPeerInfo says whether a connection is TLS by a flag or by a function, and is given by
// reference or by pointer.
template <class PeerInfo>
auto isTls(const PeerInfo& info)
    -> std::enable_if_t<!std::is_function_v<decltype(PeerInfo::isTLS)> &&
                            std::is_convertible_v<decltype(info.isTLS), bool>,
                        bool> {
    return info.isTLS;
}
template <class PeerInfo>
auto isTls(const PeerInfo& info) -> decltype(static_cast<bool>(info.isTLS())) {
    return info.isTLS();
}
template <class PeerInfo>
bool isTls(const std::shared_ptr<PeerInfo>& info) {
    return info != nullptr && isTls(*info);
}

// Sets what the server shows of an operation, with the client's lock held.
template <class Op, class Lock, class Description>
auto setOpDescription(Op& op, const Lock& /*lock*/, const Description& description)
    -> decltype(op.setOpDescription_inlock(description)) {
    op.setOpDescription_inlock(description);
}
template <class Op, class Lock, class Description>
auto setOpDescription(Op& op, const Lock& lock, const Description& description)
    -> decltype(op.setOpDescription(lock, description)) {
    op.setOpDescription(lock, description);
}

// awsStsHost of a server that declares it itself; `otherwise` elsewhere.
template <class Params, class = void>
struct ServersStsHost {
    static constexpr bool declared = false;
    static std::string get(const Params& /*params*/, const std::string& otherwise) {
        return otherwise;
    }
};
template <class Params>
struct ServersStsHost<Params, std::void_t<decltype(std::declval<const Params&>().awsStsHost)>> {
    static constexpr bool declared = true;
    static std::string get(const Params& params, const std::string& /*otherwise*/) {
        return params.awsStsHost;
    }
};

}  // namespace awsauth
}  // namespace mongo
