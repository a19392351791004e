#include "tls.h"

#include <openssl/err.h>

#include <array>

#include "messages.h"

namespace host {
namespace {

std::string last_error() {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    ERR_clear_error();
    return text.data();
}

template <const maws::Message& M>
maws::Error unusable(const char* path) {
    return maws::make_error<M>(MAWS_E_ARGUMENT, path, last_error());
}

}  // namespace

maws::Result<TlsContext> make_tls_context(const std::string& certificate_key_file) {
    const char* path = certificate_key_file.c_str();
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
        return unusable<messages::kNoTls>(path);
    }
    SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    if (SSL_CTX_use_certificate_chain_file(context.get(), path) != 1) {
        return unusable<messages::kNoCertificate>(path);
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), path, SSL_FILETYPE_PEM) != 1) {
        return unusable<messages::kNoKey>(path);
    }
    if (SSL_CTX_check_private_key(context.get()) != 1) {
        return unusable<messages::kKeyOfAnother>(path);
    }
    return context;
}

}  // namespace host
