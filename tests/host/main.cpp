// mongo-aws-host: what a MongoDB server does around the plugin, for tests with real drivers.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "config.h"
#include "maws/status.h"
#include "messages.h"
#include "server.h"

namespace {

namespace messages = host::messages;

constexpr int kFailed = 1;
constexpr int kWrongSetting = 2;
constexpr std::chrono::milliseconds kDrain{5000};

int fail(const maws::Error& error) {
    std::fprintf(stderr, "mongo-aws-host: %s\n", error.message.c_str());
    return maws::group_of(error.status) == maws::Group::kHost ? kWrongSetting : kFailed;
}

// As in mongod, every signal goes to this first thread alone; all others inherit the mask. Signals
// that a thread raises by its own fault, and those of a terminal's job control, stay as they are.
void block_signals() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGTSTP,
                             SIGTTIN, SIGTTOU, SIGCONT, SIGQUIT, SIGPROF}) {
        sigdelset(&blocked, signal);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
    // A client that has gone shows in what write returns, with OpenSSL too.
    std::signal(SIGPIPE, SIG_IGN);
}

std::string wait_for_stop() {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    int signal = 0;
    while (sigwait(&awaited, &signal) != 0) {
    }
    return signal == SIGTERM ? "SIGTERM" : "SIGINT";
}

std::string listening(bool tls, const std::string& address, const maws::Library& library,
                      std::size_t users) {
    return tls ? maws::say<messages::kListeningTls>(address, library.path(), library.version(),
                                                    users)
               : maws::say<messages::kListening>(address, library.path(), library.version(), users);
}

int run(const host::Config& config) {
    const auto log = host::Log::open(config.log_path, config.log_level);
    if (!log) return fail(log.error());
    const auto users = host::Users::load(config.users);
    if (!users) return fail(users.error());
    const auto library = maws::Library::open(config.plugin);
    if (!library) return fail(library.error());
    const auto options = host::plugin_options(config, library.value());
    if (!options) return fail(options.error());
    const auto plugin =
        maws::Plugin::create(library.value(), options.value(), {log.value(), config.log_level});
    if (!plugin) return fail(plugin.error());
    host::TlsContext tls;
    if (!config.certificate_key_file.empty()) {
        auto made = host::make_tls_context(config.certificate_key_file);
        if (!made) return fail(made.error());
        tls = std::move(made).value();
    }
    auto listener = host::listen_on(config.bind_ip, config.port);
    if (!listener) return fail(listener.error());
    const std::string address = listener.value().address;
    const auto watcher = host::DisconnectWatcher::start();
    if (!watcher) return fail(watcher.error());

    host::Log& lines = *log.value();
    host::Services services{{plugin.value(), users.value(), lines, *watcher.value()}, {}, address};
    {
        host::Server server(services, std::move(listener).value(), tls.get());
        if (const auto started = server.start(); !started) return fail(started.error());
        lines.event(MAWS_LOG_INFO, "start",
                    listening(tls != nullptr, address, library.value(), users.value().size()));
        std::printf("listening on %s\n", address.c_str());
        std::fflush(stdout);

        const std::string signal = wait_for_stop();
        lines.event(MAWS_LOG_INFO, "stop", maws::say<messages::kStopping>(signal));
        // In mongod's order: logins are answered for as long as connections are accepted, then
        // those that are pending are interrupted, and the plugin goes when nobody needs it.
        server.stop_accepting();
        watcher.value()->interrupt_all();
        server.stop(kDrain);
    }
    const auto destroyed = plugin.value().destroy(static_cast<std::uint32_t>(kDrain.count()));
    if (!destroyed) lines.event(MAWS_LOG_WARNING, "stop", destroyed.error().message);
    lines.event(MAWS_LOG_INFO, "stop", maws::say<messages::kStopped>());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    block_signals();
    try {
        const auto config =
            host::parse_command_line(std::vector<std::string>(argv + 1, argv + argc));
        if (!config) return fail(config.error());
        if (config.value().help) {
            std::fputs(host::kUsage, stdout);
            return 0;
        }
        return run(config.value());
    } catch (const std::exception& error) {
        return fail(maws::make_error<messages::kCannotGoOn>(MAWS_E_SYSTEM, error.what()));
    }
}
