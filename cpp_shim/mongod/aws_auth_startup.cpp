// Loads the plugin while the server starts, and registers the mechanism.
//
// Order of events: the server's options are read and --fork has forked; then this initializer
// loads the plugin, which starts no thread before the first login; then the service context is
// made, with the registry of mechanisms; then come the signal thread and the listeners.
#include "mongo/db/auth/aws_auth/aws_auth_startup.h"

#include <algorithm>
#include <memory>

#include "maws/library.h"
#include "mongo/base/error_codes.h"
#include "mongo/base/init.h"
#include "mongo/db/auth/aws_auth/aws_auth_plugin.h"
#include "mongo/db/auth/aws_auth/aws_auth_startup_warnings.h"
#include "mongo/db/auth/aws_auth/compat.h"
#include "mongo/db/auth/aws_auth/mechanism.h"
#include "mongo/db/auth/aws_auth/messages.h"
#include "mongo/db/auth/aws_auth/parameters.h"
#include "mongo/db/auth/aws_auth/server_log.h"
#include "mongo/db/auth/sasl_options.h"

namespace mongo {
namespace awsauth {
namespace {

Status failed(const std::string& why) {
    return Status(ErrorCodes::BadValue, maws::say<messages::kNotOffered>(why));
}

// The options that the plugin knows. One that it does not know, because it is older than this
// server, may stay at its default.
Status collectOptions(const maws::Library& library, std::vector<maws::Option>* options) {
    const std::vector<maws::OptionInfo> known = library.options();
    for (const OptionText& option : optionTexts()) {
        const bool isKnown =
            std::any_of(known.begin(), known.end(),
                        [&](const maws::OptionInfo& info) { return info.name == option.name; });
        if (isKnown) {
            options->push_back({option.name, option.value});
        } else if (option.value != option.initial) {
            return failed(
                maws::say<messages::kNoSuchOption>(library.path(), library.version(), option.name));
        }
    }
    return Status::OK();
}

Status load(const std::string& path) {
    const auto library = maws::Library::open(path);
    if (!library) return failed(library.error().message);
    std::vector<maws::Option> options;
    const Status collected = collectOptions(library.value(), &options);
    if (!collected.isOK()) return collected;
    const std::int32_t level = wantedLogLevel();
    auto plugin =
        maws::Plugin::create(library.value(), options, {std::make_shared<PluginLog>(), level});
    if (!plugin) return failed(plugin.error().message);
    auto made = std::make_unique<Active>(std::move(plugin).value());
    made->followLogLevel(level);
    setActive(made.release());
    logInfo(maws::say<messages::kVerifiedBy>(library.value().path(), library.value().version(),
                                             library.value().tls()));
    warnOfSetup(library.value());
    return Status::OK();
}

}  // namespace

Status startUp() {
    const auto& mechanisms = saslGlobalParams.authenticationMechanisms;
    const bool offered =
        std::find(mechanisms.begin(), mechanisms.end(), "MONGODB-AWS") != mechanisms.end();
    const std::string path = parameters.awsAuthPluginPath;
    if (!offered) {
        if (kHasBuiltIn && !path.empty()) {
            logWarning(maws::say<messages::kNotLoaded>());
        }
        return Status::OK();
    }
    if (!path.empty()) return load(path);
    if (kHasBuiltIn) return Status::OK();
    return failed(maws::say<messages::kNoPath>());
}

namespace {

MONGO_INITIALIZER(AwsAuthPlugin)(InitializerContext*) {
    return endInitializer<InitializerResult>(startUp());
}

RegistryOwner::ConstructorActionRegisterer registerer =
    makeRegisterer<RegistryOwner::ConstructorActionRegisterer>(
        "AwsAuthPluginMechanism", [](RegistryOwner* owner) {
            if (active() == nullptr) return;
            SASLServerMechanismRegistry::get(owner).registerFactory<Factory>();
        });

}  // namespace
}  // namespace awsauth
}  // namespace mongo
