#include "startup_warnings.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "mongo/config.h"
#include "mongo/db/auth/sasl_options.h"
#ifdef MONGO_CONFIG_SSL
#include "mongo/util/net/ssl_options.h"
#endif
#if __has_include("mongo/db/ldap_options.h")
#include "mongo/db/ldap_options.h"
#endif
#include "messages.h"
#include "server_log.h"

namespace mongo {
namespace awsauth {
namespace {

bool isFips(std::string tls) {
    std::transform(tls.begin(), tls.end(), tls.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return tls.find("fips") != std::string::npos;
}

}  // namespace

void warnOfSetup(const maws::Library& library) {
    if (saslGlobalParams.authenticationMechanisms.size() == 1) {
        logWarning(maws::say<messages::kOnlyMechanism>());
    }
#ifdef MONGO_CONFIG_SSL
    if (sslGlobalParams.sslFIPSMode && !isFips(std::string(library.tls()))) {
        logWarning(maws::say<messages::kNotFips>(library.tls()));
    }
#endif
#if __has_include("mongo/db/ldap_options.h")
    if (!ldapGlobalParams.ldapQueryTemplate.get().empty()) {
        logWarning(maws::say<messages::kRolesFromLdap>());
    }
#endif
}

}  // namespace awsauth
}  // namespace mongo
