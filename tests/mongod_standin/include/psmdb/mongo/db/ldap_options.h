// Stand-in: settings of LDAP.
#pragma once

#include <string>

#include "server/values.h"

namespace mongo {

struct LDAPGlobalParams {
    synchronized_value<std::string> ldapQueryTemplate{""};
};
inline LDAPGlobalParams ldapGlobalParams;

}  // namespace mongo
