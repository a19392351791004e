// The floor: the same request again and again on one TLS connection for each thread, with nothing
// of a login around it.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <memory>

#include "load.h"
#include "measure.h"
#include "request.h"

namespace {

class Connection {
 public:
    Connection(SSL_CTX* context, const std::string& port) : tls_(SSL_new(context)) {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_family = AF_INET;
        addrinfo* address = nullptr;
        if (getaddrinfo("localhost", port.c_str(), &hints, &address) != 0) bench::fail("no name");
        socket_ = socket(address->ai_family, SOCK_STREAM, 0);
        const int connected = connect(socket_, address->ai_addr, address->ai_addrlen);
        freeaddrinfo(address);
        const int on = 1;
        setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        SSL_set1_host(tls_, "localhost");
        SSL_set_fd(tls_, socket_);
        if (connected != 0 || SSL_connect(tls_) != 1) bench::fail("cannot connect");
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        SSL_free(tls_);
        close(socket_);
    }

    // Sends the request; true where the whole answer came and its status is 200.
    bool post(const std::string& request) {
        if (SSL_write(tls_, request.data(), static_cast<int>(request.size())) <= 0) return false;
        std::array<char, 4096> buffer{};
        std::string_view answer;
        do {
            const std::size_t had = answer.size();
            const int got =
                SSL_read(tls_, buffer.data() + had, static_cast<int>(buffer.size() - had));
            if (got <= 0) return false;
            answer = {buffer.data(), had + static_cast<std::size_t>(got)};
        } while (!is_whole(answer));
        return answer.compare(0, 12, "HTTP/1.1 200") == 0;
    }

 private:
    static bool is_whole(std::string_view answer) {
        constexpr std::string_view length_name = "Content-Length: ";
        const std::size_t head = answer.find("\r\n\r\n");
        const std::size_t length = answer.find(length_name);
        if (head == std::string_view::npos || length == std::string_view::npos) return false;
        const char* digits = answer.data() + length + length_name.size();
        return answer.size() >= head + 4 + std::strtoul(digits, nullptr, 10);
    }

    SSL* tls_;
    int socket_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
    auto defaults = bench::load_defaults();
    defaults.insert({{"--url", ""}, {"--ca", ""}});
    const bench::Arguments arguments(argc, argv, defaults);
    const std::string& url = arguments.text("--url");
    const std::string port = url.substr(url.rfind(':') + 1);
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_file(context.get(), arguments.text("--ca").c_str()) != 1) {
        bench::fail("no CA file");
    }
    std::string request = "POST / HTTP/1.1\r\nHost: localhost:" + port +
                          "\r\nAccept: application/json\r\nConnection: keep-alive\r\n";
    for (const auto& [name, value] : bench::request_headers(std::string(86, 'A') + "==")) {
        request.append(name).append(": ").append(value).append("\r\n");
    }
    request.append("\r\n").append(bench::body);
    bench::run_load(arguments, [&] {
        auto connection = std::make_shared<Connection>(context.get(), port);
        return [connection, &request](auto&) { return connection->post(request); };
    });
    return 0;
}
