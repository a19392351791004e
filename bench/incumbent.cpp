// The peer: the flow of Percona Server's built-in mechanism on libcurl.
//
// One blocking request for each login on the thread of its connection, through a pool of easy
// handles that is shared by all threads, has no upper bound and hands out the newest. The answer is
// XML, read with Boost's property tree; a role's ARN is rewritten with a regular expression.
// --mode fresh takes a new handle, and so a new connection, for each login.
#include <curl/curl.h>

#include <atomic>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <random>
#include <regex>
#include <sstream>

#include "base64.h"
#include "load.h"
#include "measure.h"
#include "request.h"

namespace {

constexpr std::size_t nonce_bytes = 64;
constexpr long connect_timeout_s = 60;
constexpr long timeout_s = 120;
constexpr const char* principal = "arn:aws:iam::123456789012:role/bench-app-role";

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// What libcurl reads the request's body from.
struct Source {
    std::size_t at = 0;

    static std::size_t read(char* buffer, std::size_t size, std::size_t count, void* source) {
        auto& at = static_cast<Source*>(source)->at;
        const std::size_t bytes = std::min(size * count, bench::body.size() - at);
        std::memcpy(buffer, bench::body.data() + at, bytes);
        at += bytes;
        return bytes;
    }

    // Lets libcurl start again on a new connection where an old one turned out to be dead.
    static int seek(void* source, curl_off_t offset, int origin) {
        if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
        static_cast<Source*>(source)->at = static_cast<std::size_t>(offset);
        return CURL_SEEKFUNC_OK;
    }
};

// What libcurl writes to, with room for all that STS says.
class Sink {
 public:
    Sink() { text_.reserve(4096); }
    static std::size_t write(char* bytes, std::size_t size, std::size_t count, void* sink) {
        static_cast<Sink*>(sink)->text_.append(bytes, size * count);
        return size * count;
    }
    const std::string& text() const { return text_; }

 private:
    std::string text_;
};

Handle new_handle() {
    Handle handle(curl_easy_init(), curl_easy_cleanup);
    CURL* curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect_timeout_s);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, Source::read);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, Source::seek);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Sink::write);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, Sink::write);
    return handle;
}

class Pool {
 public:
    Handle take() {
        const std::lock_guard lock(mutex_);
        if (idle_.empty()) return {nullptr, curl_easy_cleanup};
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
    }
    void give_back(Handle handle) {
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(handle));
    }

 private:
    std::mutex mutex_;
    std::vector<Handle> idle_;
};

std::string new_nonce(std::mt19937_64& random) {
    std::string nonce(nonce_bytes, '\0');
    for (char& byte : nonce) byte = static_cast<char>(random());
    return bench::base64(nonce);
}

std::string user_name(const std::string& answer) {
    boost::property_tree::ptree tree;
    std::istringstream stream(answer);
    boost::property_tree::read_xml(stream, tree);
    const auto& result = tree.get_child("GetCallerIdentityResponse.GetCallerIdentityResult");
    const auto arn = result.get<std::string>("Arn");
    if (result.get<std::string>("UserId").empty()) return {};
    static const std::regex session(R"(arn:aws:sts::(\d+):assumed-role/([^/]+)/.*)");
    return std::regex_replace(arn, session, "arn:aws:iam::$1:role/$2");
}

struct Target {
    std::string url;
    std::string ca;
    bool pooled;
};

bool log_in(const Target& target, Pool& pool, std::mt19937_64& random) {
    Handle handle(nullptr, curl_easy_cleanup);
    if (target.pooled) handle = pool.take();
    if (!handle) handle = new_handle();
    CURL* curl = handle.get();
    curl_slist* list = curl_slist_append(nullptr, "Connection: keep-alive");
    for (const auto& [name, value] : bench::request_headers(new_nonce(random))) {
        list = curl_slist_append(list, (name + ": " + value).c_str());
    }
    const Headers headers(list, curl_slist_free_all);
    Source source;
    Sink head;
    Sink answer;
    curl_easy_setopt(curl, CURLOPT_URL, target.url.c_str());
    curl_easy_setopt(curl, CURLOPT_CAINFO, target.ca.c_str());
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(bench::body.size()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_READDATA, &source);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &source);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
    if (curl_easy_perform(curl) != CURLE_OK) return false;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (target.pooled) pool.give_back(std::move(handle));
    return status == 200 && user_name(answer.text()) == principal;
}

}  // namespace

int main(int argc, char** argv) {
    auto defaults = bench::load_defaults();
    defaults.insert({{"--url", ""}, {"--ca", ""}, {"--mode", "pooled"}});
    const bench::Arguments arguments(argc, argv, defaults);
    const Target target{arguments.text("--url"), arguments.text("--ca"),
                        arguments.text("--mode") == "pooled"};
    curl_global_init(CURL_GLOBAL_ALL);
    Pool pool;
    std::atomic<std::uint64_t> seed{0};
    bench::run_load(arguments, [&] {
        auto random = std::make_shared<std::mt19937_64>(++seed);
        return [&target, &pool, random](auto&) { return log_in(target, pool, *random); };
    });
    return 0;
}
