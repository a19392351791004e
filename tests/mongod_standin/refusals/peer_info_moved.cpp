// From 5.0 on SSLPeerInfo is not in the header of the other types of TLS.
#include "mongo/util/net/ssl_types.h"
#if !defined(FAULT)
#include "mongo/util/net/ssl_peer_info.h"
#endif

using PeerInfo = mongo::SSLPeerInfo;
