// Load driver on the plugin's C interface: logs in as fast as it can and prints one JSON line.
//
// Two shapes of host:
//   threads  one thread per login, waiting on a condition variable that conv_ready signals, as
//            mongod's session threads do;
//   few      many conversations from one thread, which conv_ready tells of each outcome.
//
// The STS stand-in checks no signature, so every login sends the same client-second.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mongodb_aws_auth.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
    std::string plugin, url, ca, shape = "threads";
    int concurrent = 1;
    int logins = 0;  // per thread; 0: until the time is over
    int warm_up = 3;
    double seconds = 2;
    double rest_ms = 0;  // between client-first and client-second
    std::vector<std::pair<std::string, std::string>> options;
};

[[noreturn]] void fail(std::string_view what) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
    std::exit(2);
}

Settings parse(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string key = argv[i];
        const std::string value = argv[i + 1];
        if (key == "--plugin") {
            settings.plugin = value;
        } else if (key == "--url") {
            settings.url = value;
        } else if (key == "--ca") {
            settings.ca = value;
        } else if (key == "--shape") {
            settings.shape = value;
        } else if (key == "--threads") {
            settings.concurrent = std::stoi(value);
        } else if (key == "--logins") {
            settings.logins = std::stoi(value);
        } else if (key == "--warmup") {
            settings.warm_up = std::stoi(value);
        } else if (key == "--seconds") {
            settings.seconds = std::stod(value);
        } else if (key == "--rest-ms") {
            settings.rest_ms = std::stod(value);
        } else if (key == "--option") {
            const std::size_t equals = value.find('=');
            if (equals == std::string::npos) fail("--option NAME=VALUE");
            settings.options.emplace_back(value.substr(0, equals), value.substr(equals + 1));
        } else {
            fail("unknown option " + key);
        }
    }
    return settings;
}

void append(std::string& to, std::uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) to += static_cast<char>(number >> shift);
}

std::string document(const std::string& elements) {
    std::string result;
    append(result, static_cast<std::uint32_t>(elements.size() + 5));
    return result + elements + '\0';
}

std::string string_element(char name, const std::string& text) {
    std::string result{'\x02', name, '\0'};
    append(result, static_cast<std::uint32_t>(text.size() + 1));
    return result + text + '\0';
}

std::string client_first() {
    std::string elements{'\x05', 'r', '\0', '\x20', '\0', '\0', '\0', '\0'};
    elements.append(32, 'r');
    elements += std::string{'\x10', 'p', '\0', 'n', '\0', '\0', '\0'};
    return document(elements);
}

std::string client_second() {
    const std::string a =
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/sts/aws4_request, "
        "SignedHeaders=content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;"
        "x-mongodb-server-nonce, Signature=" +
        std::string(64, '5');
    return document(string_element('a', a) + string_element('d', "20260101T000000Z"));
}

long status_field(const std::string& key) {
    std::ifstream status("/proc/self/status");
    std::string name;
    long value = 0;
    while (status >> name) {
        if (name == key && status >> value) return value;
        std::getline(status, name);
    }
    return 0;
}

struct Waiter {
    std::mutex mutex;
    std::condition_variable condition;
    bool ready = false;
};

extern "C" void conv_ready(std::uintptr_t, std::uintptr_t conv_ctx) {
    auto& waiter = *reinterpret_cast<Waiter*>(conv_ctx);
    const std::lock_guard lock(waiter.mutex);
    waiter.ready = true;
    waiter.condition.notify_one();
}

extern "C" void log(std::uintptr_t, const maws_log_event* event) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(event->text.len), event->text.ptr);
}

maws_str view(std::string_view text) {
    return {text.data(), text.size()};
}

class Host {
 public:
    explicit Host(const Settings& settings) {
        void* library = dlopen(settings.plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (library == nullptr) fail(dlerror());
        const auto entry = reinterpret_cast<maws_entry_fn>(dlsym(library, "maws_plugin_entry_v1"));
        api_ = entry(MAWS_ABI_MINOR, nullptr);
        maws_host host{};
        host.struct_size = sizeof host;
        host.log = log;
        host.conv_ready = conv_ready;
        host.log_level = MAWS_LOG_WARNING;
        std::vector<maws_option> options{{view("awsStsEndpoint"), view(settings.url)},
                                         {view("awsStsCAFile"), view(settings.ca)}};
        for (const auto& [key, value] : settings.options) {
            options.push_back({view(key), view(value)});
        }
        maws_error error{};
        error.struct_size = sizeof error;
        if (api_->create(&host, options.data(), options.size(), &plugin_, &error) != MAWS_DONE) {
            fail(error.message);
        }
    }
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host() { api_->destroy(plugin_, 10000); }

    // One login, as a session thread of mongod makes it.
    maws_status login(Waiter& waiter, double rest_ms) const {
        static const std::string first = client_first();
        static const std::string second = client_second();
        maws_begin begin{};
        begin.struct_size = sizeof begin;
        begin.flags = MAWS_BEGIN_TLS;
        begin.conv_ctx = reinterpret_cast<std::uintptr_t>(&waiter);
        begin.database = view("$external");
        begin.client_addr = view("127.0.0.1:50000");
        waiter.ready = false;
        maws_conv conv{};
        maws_status status = api_->begin(plugin_, &begin, &conv, nullptr);
        if (status != MAWS_DONE) return status;
        maws_step step{};
        step.struct_size = sizeof step;
        status = send(conv, first, step);
        if (rest_ms > 0)
            std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(rest_ms));
        if (status == MAWS_CONTINUE) status = send(conv, second, step);
        if (status == MAWS_PENDING) {
            std::unique_lock lock(waiter.mutex);
            waiter.condition.wait(lock, [&] { return waiter.ready; });
            lock.unlock();
            status = api_->poll(conv, 0, &step);
        }
        maws_info info{};
        info.struct_size = sizeof info;
        api_->info(conv, &info);
        if (status != MAWS_DONE) {
            std::fprintf(stderr, "%.*s\n", static_cast<int>(info.detail.len), info.detail.ptr);
        }
        api_->end(conv);
        return status;
    }

    maws_stats stats() const {
        maws_stats stats{};
        stats.struct_size = sizeof stats;
        api_->stats(plugin_, &stats);
        return stats;
    }

 private:
    maws_status send(maws_conv conv, const std::string& payload, maws_step& step) const {
        return api_->step(conv, reinterpret_cast<const std::uint8_t*>(payload.data()),
                          payload.size(), &step);
    }

    const maws_api* api_;
    maws_plugin plugin_{};
};

double cpu_seconds(const rusage& usage) {
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
    const Settings settings = parse(argc, argv);
    const Host host(settings);
    const long rss_before = status_field("VmRSS:");
    std::vector<std::vector<float>> times(static_cast<std::size_t>(settings.concurrent));
    std::atomic<long> errors{0};
    std::atomic<bool> stop{false};
    pthread_barrier_t ready;
    pthread_barrier_init(&ready, nullptr, static_cast<unsigned>(settings.concurrent) + 1);
    std::vector<std::thread> threads;
    for (auto& mine : times) {
        threads.emplace_back([&] {
            Waiter waiter;
            for (int i = 0; i < settings.warm_up; ++i) host.login(waiter, settings.rest_ms);
            pthread_barrier_wait(&ready);
            pthread_barrier_wait(&ready);
            for (int i = 0; settings.logins > 0 ? i < settings.logins : !stop; ++i) {
                const auto begun = Clock::now();
                if (host.login(waiter, settings.rest_ms) != MAWS_DONE) ++errors;
                mine.push_back(
                    std::chrono::duration<float, std::micro>(Clock::now() - begun).count());
            }
        });
    }
    pthread_barrier_wait(&ready);
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    const auto begun = Clock::now();
    pthread_barrier_wait(&ready);
    long live_threads = 0;
    long rss = 0;
    if (settings.logins == 0) {
        const auto half = std::chrono::duration<double>(settings.seconds / 2);
        std::this_thread::sleep_for(half);
        live_threads = status_field("Threads:");
        rss = status_field("VmRSS:");
        std::this_thread::sleep_for(half);
        stop = true;
    }
    for (auto& thread : threads) thread.join();
    const double wall = std::chrono::duration<double>(Clock::now() - begun).count();
    getrusage(RUSAGE_SELF, &after);
    if (rss == 0) rss = status_field("VmRSS:");

    std::vector<float> all;
    for (const auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
    std::sort(all.begin(), all.end());
    const auto percentile = [&](double share) {
        if (all.empty()) return 0.0;
        const auto at = static_cast<std::size_t>(share * static_cast<double>(all.size()));
        return static_cast<double>(all[std::min(at, all.size() - 1)]);
    };
    const auto count = static_cast<double>(all.size());
    const auto switches =
        static_cast<double>(after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw - before.ru_nivcsw);
    const maws_stats stats = host.stats();
    std::printf(
        "{\"name\":\"plugin\",\"conc\":%d,\"logins\":%zu,\"errors\":%ld,\"wall_s\":%.3f,"
        "\"logins_per_s\":%.1f,\"p50_us\":%.1f,\"p95_us\":%.1f,\"p99_us\":%.1f,"
        "\"cpu_ms_per_1000\":%.2f,\"csw_per_login\":%.2f,\"threads\":%ld,\"rss0_kb\":%ld,"
        "\"rss_kb\":%ld,\"max_rss_kb\":%ld,\"requests\":%llu,\"connections\":%llu}\n",
        settings.concurrent, all.size(), errors.load(), wall, count / wall, percentile(.5),
        percentile(.95), percentile(.99), (cpu_seconds(after) - cpu_seconds(before)) * 1e6 / count,
        switches / count, live_threads, rss_before, rss, after.ru_maxrss,
        static_cast<unsigned long long>(stats.sts_requests),
        static_cast<unsigned long long>(stats.sts_connections));
    return errors == 0 ? 0 : 1;
}
