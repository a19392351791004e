#include "mongo/db/auth/aws_auth/aws_auth_startup_warnings.h"

#include <string>

#include "mongo/config.h"
#include "mongo/db/auth/aws_auth/messages.h"
#include "mongo/db/auth/aws_auth/server_log.h"
#include "mongo/db/auth/sasl_options.h"
#ifdef MONGO_CONFIG_SSL
#include "mongo/util/net/ssl_options.h"
#endif
#if __has_include("mongo/db/ldap_options.h")
#define MAWS_LDAP_OPTIONS "mongo/db/ldap_options.h"
#include MAWS_LDAP_OPTIONS
#endif

namespace mongo {
namespace awsauth {
namespace {

bool isFips(std::string tls) {
    for (char& letter : tls) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
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
#if defined(MAWS_LDAP_OPTIONS)
    if (!ldapGlobalParams.ldapQueryTemplate.get().empty()) {
        logWarning(maws::say<messages::kRolesFromLdap>());
    }
#endif
}

}  // namespace awsauth
}  // namespace mongo
