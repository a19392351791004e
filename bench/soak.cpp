// All kinds of clients at once, honest, dishonest and impatient, for as long as standard input
// says.
//
// Each line of standard input is a command, answered by a line of JSON:
//   load                 the clients log in
//   idle                 they stop; answered once no conversation is left
//   sample               figures of the process, what became of the logins, and the statistics
//   option NAME VALUE    changes an option at run time
// At the end of standard input the plugin is destroyed, and what is left of it is told.
#include <malloc.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "host.h"
#include "measure.h"
#include "sigv4.h"
#include "waiter.h"

namespace {

// Two of the identities that the STS emulator knows: a user and a role's session.
constexpr std::array identities{
    bench::Credentials{"AKIAALICEEXAMPLE0001", "aliceEXAMPLEsecret+0001/aliceEXAMPLE0001", ""},
    bench::Credentials{"ASIASHOPAPPEXAMPLE01", "shopAppEXAMPLEsecret+01/shopAppEXAMPLE01",
                       "FwoGZXIvYXdzEXAMPLEshopAppSessionToken0000000001//////////wEaDEXAMPLE=="},
};
constexpr bench::Credentials forged{"AKIABOBEXAMPLE000003", "not the secret", ""};

enum class Client { honest, slow, forger, malformed, leaves, leaves_waiting, cancels };

// Of a hundred logins.
constexpr std::array shares{
    std::pair{Client::honest, 72}, std::pair{Client::slow, 5},
    std::pair{Client::forger, 7},  std::pair{Client::malformed, 5},
    std::pair{Client::leaves, 3},  std::pair{Client::leaves_waiting, 4},
    std::pair{Client::cancels, 4},
};

// What the threads have seen; compared with the plugin's own statistics.
struct Tally {
    std::atomic<std::size_t> begun{0};
    std::atomic<std::size_t> refused_begins{0};
    std::atomic<std::size_t> succeeded{0};
    std::atomic<std::size_t> bad_protocol{0};
    std::atomic<std::size_t> denied{0};
    std::atomic<std::size_t> overloaded{0};
    std::atomic<std::size_t> timed_out{0};
    std::atomic<std::size_t> upstream_failed{0};
    std::atomic<std::size_t> cancelled{0};
    std::atomic<std::size_t> others{0};
    // Left while STS was asked: nobody heard what came of them.
    std::atomic<std::size_t> unheard{0};
    // Outcomes that this kind of client must not have.
    std::atomic<std::size_t> wrong{0};

    void count(maws_status status) {
        switch (status) {
            case MAWS_DONE:
                ++succeeded;
                break;
            case MAWS_E_PROTOCOL:
                ++bad_protocol;
                break;
            case MAWS_E_DENIED:
                ++denied;
                break;
            case MAWS_E_OVERLOADED:
                ++overloaded;
                break;
            case MAWS_E_TIMEOUT:
                ++timed_out;
                break;
            case MAWS_E_UPSTREAM:
                ++upstream_failed;
                break;
            case MAWS_E_CANCELLED:
                ++cancelled;
                break;
            default:
                ++others;
                break;
        }
    }
};

bool is_temporary(maws_status status) {
    return status <= -40 && status > -60;
}

class Soak {
 public:
    explicit Soak(const bench::Arguments& arguments)
        : host_(arguments.text("--plugin"), arguments.options(), bench::Waiter::on_ready) {
        for (std::size_t i = 0; i < arguments.count("--threads"); ++i) {
            threads_.emplace_back([this, i] { be_clients(i); });
        }
    }
    Soak(const Soak&) = delete;
    Soak& operator=(const Soak&) = delete;
    ~Soak() {
        stop_ = true;
        set_load(true);
        for (auto& thread : threads_) thread.join();
    }

    void set_load(bool load) {
        const std::lock_guard lock(mutex_);
        load_ = load;
        changed_.notify_all();
    }

    void await_idle() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return resting_ == threads_.size(); });
        lock.unlock();
        // Nobody is told when a verification ends whose client has left.
        for (maws_stats stats = host_.stats(); stats.in_flight + stats.queued > 0;
             stats = host_.stats()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    }

    maws_status set_option(const std::string& name, const std::string& value) const {
        return host_.set_option(name, value);
    }

    void sample() const;

 private:
    void be_clients(std::size_t seed) {
        std::mt19937 random(static_cast<unsigned>(seed));
        bench::Waiter waiter;
        while (!stop_) {
            std::unique_lock lock(mutex_);
            ++resting_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return load_ || stop_; });
            --resting_;
            lock.unlock();
            while (load_ && !stop_) {
                log_in(pick(random), waiter, random);
                pause(random, 40);
            }
        }
    }

    static Client pick(std::mt19937& random) {
        int at = static_cast<int>(random() % 100);
        for (const auto& [client, share] : shares) {
            if ((at -= share) < 0) return client;
        }
        return Client::honest;
    }

    static void pause(std::mt19937& random, unsigned most_ms) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % most_ms));
    }

    void log_in(Client client, bench::Waiter& waiter, std::mt19937& random) {
        maws_conv conv{};
        maws_status status = host_.begin(waiter.begin(), conv);
        if (status != MAWS_DONE) {
            ++tally_.refused_begins;
            tally_.count(status);
            tally_.wrong += status != MAWS_E_OVERLOADED;
            return;
        }
        ++tally_.begun;
        status = converse(client, conv, waiter, random);
        const bool heard = status != MAWS_PENDING;
        const bool at_emulator = bench::text(host_.info(conv).sts_host) != "sts.amazonaws.com";
        host_.end(conv);
        if (!heard) {
            ++tally_.unheard;
            return;
        }
        tally_.count(status);
        if (is_wrong(client, status, at_emulator)) {
            ++tally_.wrong;
            std::cerr << "client " << static_cast<int>(client) << " got " << status << std::endl;
        }
    }

    // The outcome as far as this client stays to hear it; MAWS_PENDING where it does not.
    maws_status converse(Client client, maws_conv conv, bench::Waiter& waiter,
                         std::mt19937& random) {
        std::string nonce(client == Client::malformed ? 31 : 32, '\0');
        for (char& byte : nonce) byte = static_cast<char>(random());
        maws_bytes reply{};
        maws_status status = host_.send(conv, bench::client_first(nonce), &reply);
        if (status != MAWS_CONTINUE) return status;
        if (client == Client::leaves) return MAWS_E_CANCELLED;
        if (client == Client::slow) pause(random, 500);
        const auto& credentials =
            client == Client::forger ? forged : identities[random() % identities.size()];
        const auto* bytes = reinterpret_cast<const char*>(reply.ptr);
        status = host_.send(conv, bench::signed_second(credentials, {bytes, reply.len}));
        if (status != MAWS_PENDING) return status;
        if (client == Client::leaves_waiting || client == Client::cancels) pause(random, 30);
        if (client == Client::leaves_waiting) return MAWS_PENDING;
        if (client == Client::cancels) {
            host_.cancel(conv);
        } else {
            waiter.wait();
        }
        return host_.outcome(conv);
    }

    static bool is_wrong(Client client, maws_status status, bool at_emulator) {
        if (is_temporary(status)) return client == Client::malformed;
        switch (client) {
            case Client::malformed:
                return status != MAWS_E_PROTOCOL;
            // The other endpoint checks no signature.
            case Client::forger:
                return at_emulator ? status != MAWS_E_DENIED : status != MAWS_DONE;
            default:
                return status != MAWS_DONE;
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> load_{false};
    std::atomic<bool> stop_{false};
    std::size_t resting_ = 0;
    Tally tally_;
    bench::Host host_;
    std::vector<std::thread> threads_;
};

void add_process(bench::Line& line) {
    const std::filesystem::directory_iterator descriptors("/proc/self/fd");
    const auto heap = mallinfo2();
    line.add("rss_kib", static_cast<std::size_t>(bench::status_field("VmRSS:")))
        .add("heap_kib", (heap.uordblks + heap.hblkhd) / 1024)
        .add("threads", static_cast<std::size_t>(bench::status_field("Threads:")))
        // Not counting the one that looks.
        .add("descriptors",
             static_cast<std::size_t>(std::distance(begin(descriptors), end(descriptors))) - 1);
}

void Soak::sample() const {
    bench::Line line;
    add_process(line);
    const maws_stats stats = host_.stats();
    line.add("wrong", tally_.wrong.load()).add("unheard", tally_.unheard.load());
    line.add("refused_begins", tally_.refused_begins.load());
    const auto both = [&](const std::string& name, std::size_t seen, std::uint64_t counted) {
        line.add("seen_" + name, seen).add("counted_" + name, static_cast<std::size_t>(counted));
    };
    both("begun", tally_.begun, stats.begun);
    both("succeeded", tally_.succeeded, stats.succeeded);
    both("bad_protocol", tally_.bad_protocol, stats.bad_protocol);
    both("denied", tally_.denied, stats.denied);
    both("overloaded", tally_.overloaded, stats.overloaded);
    both("timed_out", tally_.timed_out, stats.timed_out);
    both("upstream_failed", tally_.upstream_failed, stats.upstream_failed);
    both("cancelled", tally_.cancelled, stats.cancelled);
    both("others", tally_.others, stats.system_failed + stats.faults);
    line.add("conversations", static_cast<std::size_t>(stats.conversations))
        .add("requests", static_cast<std::size_t>(stats.sts_requests))
        .add("connections", static_cast<std::size_t>(stats.sts_connections));
}

void obey(Soak& soak, const std::string& command) {
    std::istringstream words(command);
    std::string verb;
    std::string name;
    std::string value;
    words >> verb >> name >> value;
    if (verb == "load") {
        soak.set_load(true);
    } else if (verb == "idle") {
        soak.set_load(false);
        soak.await_idle();
    } else if (verb == "option") {
        if (soak.set_option(name, value) != MAWS_DONE) bench::fail("refused: " + command);
    } else if (verb != "sample") {
        bench::fail("unknown command: " + command);
    }
    soak.sample();
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Arguments arguments(argc, argv, {{"--plugin", ""}, {"--threads", "32"}});
    {
        Soak soak(arguments);
        soak.sample();
        std::fflush(stdout);
        for (std::string command; std::getline(std::cin, command);) obey(soak, command);
    }
    bench::Line line;
    add_process(line);
    return 0;
}
