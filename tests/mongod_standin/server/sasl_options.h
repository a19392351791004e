// Stand-in: settings of SASL.
#pragma once

#include <string>
#include <vector>

namespace mongo {

struct SASLGlobalParams {
    std::vector<std::string> authenticationMechanisms;
#if defined(STANDIN_PSMDB)
    std::string awsStsHost;
#endif
};
inline SASLGlobalParams saslGlobalParams;

}  // namespace mongo
