// Starting a server with and without the plugin.
// Arguments: the stub plugin, one without the entry, one that wants a newer server, the real one.
#include <sys/stat.h>

#include <fstream>

#include "fixture.h"
#include "maws/library.h"

namespace {

using namespace standin;
using mongo::awsauth::active;
using mongo::awsauth::parameters;

std::string stub, no_entry, too_new, real;

void is_offered_where_it_is_asked_for() {
    Server server(stub);
    const auto before = threads();
    CHECK(server.start().isOK());
    CHECK(threads() == before);
    CHECK(active() != nullptr);
    for (std::size_t i = 0; i < server.registries(); ++i) {
        CHECK(server.offersPlugin(i));
        const auto& factory = *server.registry(i).external().front();
        CHECK(factory.mechanismName() == mongo::StringData("MONGODB-AWS", 11));
        CHECK(factory.properties().has(mongo::SecurityProperty::kNoPlainText));
        CHECK(!factory.isInternalAuthMech());
    }
    // One plugin, however many registries.
    const auto lines = theLog.take();
    CHECK(count(lines, Severity::kInfo, {"logins are verified by", stub}) == 1);
    CHECK(count(lines, Severity::kWarning, {}) == 0);
}

void is_not_touched_where_it_is_not_asked_for() {
    Server server("/nonexistent/plugin.so");
    mongo::saslGlobalParams.authenticationMechanisms = {"SCRAM-SHA-256"};
    CHECK(server.start().isOK());
    CHECK(active() == nullptr && !server.offersPlugin());
    // Where the path is set by hand, that may be an oversight.
    CHECK(count(theLog.take(), Severity::kWarning, {"not in authenticationMechanisms"}) ==
          (kPsmdb ? 1 : 0));
}

void an_empty_path_leaves_the_server_its_own_mechanism() {
    Server server("");
    const Status started = server.start();
    CHECK(started.isOK() == kPsmdb);
    if (!kPsmdb) CHECK(contains(started.reason(), "awsAuthPluginPath is empty"));
    CHECK(active() == nullptr);
}

void defaults_to_the_packages_path_where_the_server_has_no_mechanism() {
    const mongo::awsauth::Parameters initial;
    CHECK(initial.awsAuthPluginPath ==
          (kPsmdb ? "" : "/usr/lib/mongodb-aws-auth/libmongodb_aws_auth.so.1"));
}

void stops_the_server(const std::string& path, const std::string& because) {
    Server server(path);
    const Status started = server.start();
    CHECK(!started.isOK());
    CHECK(started.code() == ErrorCodes::BadValue);
    if (!contains(started.reason(), because)) {
        std::fprintf(stderr, "%s\n", started.reason().c_str());
    }
    CHECK(contains(started.reason(), because));
    CHECK(contains(started.reason(), "MONGODB-AWS cannot be offered"));
    CHECK(active() == nullptr);
}

void an_unfit_plugin_stops_the_server() {
    stops_the_server("/nonexistent/plugin.so", "No such file");
    stops_the_server("plugin.so", "absolute");
    stops_the_server(no_entry, "maws_plugin_entry_v1");
    stops_the_server(too_new, "newer server");
    char folder[] = "/tmp/maws-standin-XXXXXX";
    CHECK(mkdtemp(folder) != nullptr);
    const std::string open = std::string(folder) + "/plugin.so";
    std::ofstream(open) << "";
    CHECK(chmod(open.c_str(), 0666) == 0);
    stops_the_server(open, "writable by group or others");
    std::filesystem::remove_all(folder);
}

void options_reach_the_plugin() {
    parameters.awsStsTimeoutMs.store(1234);
    {
        Server server(stub);
        CHECK(server.start().isOK());
        CHECK(active()->plugin().get_option("awsStsTimeoutMs").value() == "1234");
        CHECK(active()->plugin().get_option("awsStsHost").value() == "sts.amazonaws.com");
    }
    parameters.awsStsTimeoutMs.store(1);
    stops_the_server(stub, "awsStsTimeoutMs");
    parameters.awsStsTimeoutMs.store(8000);
    // The stub is an older plugin, without this option: at its default nobody misses it.
    parameters.awsStsWorkers.store(7);
    stops_the_server(stub, "has no option awsStsWorkers");
    parameters.awsStsWorkers.store(64);
}

void the_sts_host_is_the_servers_own_where_it_has_one() {
    Server server(stub);
#if defined(STANDIN_PSMDB)
    mongo::saslGlobalParams.awsStsHost = "sts.eu-central-1.amazonaws.com";
#else
    parameters.awsStsHost = "sts.eu-central-1.amazonaws.com";
#endif
    CHECK(server.start().isOK());
    CHECK(active()->plugin().get_option("awsStsHost").value() == "sts.eu-central-1.amazonaws.com");
    parameters.awsStsHost = "sts.amazonaws.com";
}

// As the server's generated code calls it, before it stores the value.
template <class Value>
Status validate(const mongo::awsauth::RuntimeCheck& check, const Value& value) {
#if STANDIN_LINE < 500
    const std::function<Status(const Value&)> validator = check;
    return validator(value);
#else
    struct TenantId {};
    const std::function<Status(const Value&, const boost::optional<TenantId>&)> validator = check;
    return validator(value, boost::none);
#endif
}

void set_parameter_asks_the_plugin() {
    using namespace mongo::awsauth;
    {
        const Server none(stub);
        CHECK(validate(check_awsStsTimeoutMs, 1).isOK());  // loading will tell
    }
    Server server(stub);
    CHECK(server.start().isOK());
    CHECK(validate(check_awsStsTimeoutMs, 500).isOK());
    CHECK(active()->plugin().get_option("awsStsTimeoutMs").value() == "500");
    const Status refused = validate(check_awsStsTimeoutMs, 1);
    CHECK(refused.code() == ErrorCodes::BadValue && contains(refused.reason(), "awsStsTimeoutMs"));
    CHECK(active()->plugin().get_option("awsStsTimeoutMs").value() == "500");
    CHECK(!validate(check_awsAllowedAccounts, std::string("1")).isOK());
}

void parameters_are_the_plugins_options() {
    const auto library = maws::Library::open(real);
    CHECK(library.ok());
    const auto options = library.value().options();
    const auto ours = mongo::awsauth::optionTexts();
    CHECK(options.size() == ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        CHECK(ours[i].name == options[i].name && ours[i].initial == options[i].default_value);
    }
    Server server(real);
    CHECK(server.start().isOK());
    CHECK(validate(mongo::awsauth::check_awsAllowedAccounts, std::string("123456789012")).isOK());
    CHECK(!validate(mongo::awsauth::check_awsAllowedAccounts, std::string("12")).isOK());
    CHECK(!validate(mongo::awsauth::check_awsStsWorkers, 0).isOK());
}

int warnings(const std::string& part) {
    return count(theLog.take(), Severity::kWarning, {part});
}

void warns_of_set_ups_that_surprise() {
    {
        Server server(stub);
        mongo::saslGlobalParams.authenticationMechanisms = {"MONGODB-AWS"};
        CHECK(server.start().isOK() && warnings("the only mechanism") == 1);
    }
    {
        Server server(stub);
        mongo::sslGlobalParams.sslFIPSMode = true;
        CHECK(server.start().isOK() && warnings("FIPS") == 1);
    }
    {
        setenv("https_proxy", "http://192.0.2.9:3128", 1);
        Server server(real);
        CHECK(server.start().isOK() && warnings("https_proxy") == 1);
        unsetenv("https_proxy");
    }
#if defined(STANDIN_PSMDB)
    Server server(stub);
    mongo::ldapGlobalParams.ldapQueryTemplate.set("dc=example??sub?(member={USER})");
    CHECK(server.start().isOK() && warnings("LDAP") == 1);
    mongo::ldapGlobalParams.ldapQueryTemplate.set("");
#endif
}

void offers_itself_to_users_of_its_own() {
    Server server(stub);
    CHECK(server.start().isOK());
    const auto& factory = *server.registry().external().front();
    const mongo::User arn("arn:aws:iam::123456789012:user/alice", true);
    const mongo::User ldap("cn=alice", true);
    const mongo::User local("arn:aws:iam::123456789012:user/alice", false);
    // A mechanism of the server's own has told the client already.
    CHECK(factory.canMakeMechanismForUser(&arn) == !kPsmdb);
    CHECK(!factory.canMakeMechanismForUser(&ldap) && !factory.canMakeMechanismForUser(&local));
}

}  // namespace

int main(int argc, char** argv) {
    CHECK(argc == 5);
    stub = argv[1];
    no_entry = argv[2];
    too_new = argv[3];
    real = argv[4];
    is_offered_where_it_is_asked_for();
    is_not_touched_where_it_is_not_asked_for();
    an_empty_path_leaves_the_server_its_own_mechanism();
    defaults_to_the_packages_path_where_the_server_has_no_mechanism();
    an_unfit_plugin_stops_the_server();
    options_reach_the_plugin();
    the_sts_host_is_the_servers_own_where_it_has_one();
    set_parameter_asks_the_plugin();
    parameters_are_the_plugins_options();
    warns_of_set_ups_that_surprise();
    offers_itself_to_users_of_its_own();
    return 0;
}
