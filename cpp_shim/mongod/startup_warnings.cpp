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
        logWarning(
            "it is the only mechanism in authenticationMechanisms: administrators, backup and "
            "monitoring that log in with SCRAM are locked out; SCRAM-SHA-256,MONGODB-AWS lets "
            "both in");
    }
#ifdef MONGO_CONFIG_SSL
    if (sslGlobalParams.sslFIPSMode && !isFips(std::string(library.tls()))) {
        logWarning("net.tls.FIPSMode is on, but the plugin's TLS library is not FIPS validated: " +
                   std::string(library.tls()));
    }
#endif
#if __has_include("mongo/db/ldap_options.h")
    if (!ldapGlobalParams.ldapQueryTemplate.get().empty()) {
        logWarning(
            "security.ldap.authz.queryTemplate is set: all roles of $external users come from "
            "LDAP, those of the user documents of ARNs are ignored");
    }
#endif
}

}  // namespace awsauth
}  // namespace mongo
