// Stand-in: settings of TLS.
#pragma once

namespace mongo {

struct SSLParams {
    bool sslFIPSMode = false;
};
inline SSLParams sslGlobalParams;

}  // namespace mongo
