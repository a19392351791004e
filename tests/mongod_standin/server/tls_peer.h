// Stand-in: what is known of a connection's TLS.
#pragma once

#include <memory>

#include "service.h"

namespace mongo {

class SSLPeerInfo {
 public:
    using Session = std::shared_ptr<transport::Session>;
#if STANDIN_LINE < 500
    explicit SSLPeerInfo(bool tls) : isTLS(tls) {}
    bool isTLS;
    static const SSLPeerInfo& forSession(const Session& session) {
        static const SSLPeerInfo yes(true), no(false);
        return session->tls() ? yes : no;
    }
#else
    bool isTLS() const {
        return true;
    }
#if STANDIN_LINE < 800
    static std::shared_ptr<SSLPeerInfo> forSession(const Session& session) {
        return session->tls() ? std::make_shared<SSLPeerInfo>() : nullptr;
    }
#else
    static std::shared_ptr<const SSLPeerInfo> forSession(const Session& session) {
        return session->tls() ? std::make_shared<const SSLPeerInfo>() : nullptr;
    }
#endif
#endif
};

}  // namespace mongo
