// Tests of echo and udpecho with many servers, and with servers that come, go and move.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "paths.h"
#include "tests/http_client.h"
#include "tests/json_numbers.h"
#include "tests/peer.h"
#include "tests/ready_line.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr int refused_world = 77;

void echo_datagram(net::Socket& socket, const std::string& got, const net::Endpoint& from) {
    (void)socket.send_to(std::as_bytes(std::span(got)), from);
}

void await(const std::function<bool()>& condition, const std::string& what) {
    const auto deadline = net::deadline_in(patience);
    while (!condition()) {
        ASSERT_LT(net::Clock::now(), deadline) << what;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

// A file that is replaced by another one of its name, as editors and configuration managers do.
void replace(const std::string& path, std::string_view content) {
    std::ofstream(path + ".new") << content;
    std::filesystem::rename(path + ".new", path);
}

// A run with --metrics in a process of its own.
class Watched {
  public:
    explicit Watched(const Words& words) : process_(words) {
        const std::string line = process_.read_line();
        const double port =
            line.starts_with('{') ? number_in(line, "port") : std::stoi(port_in(line));
        endpoint_ = *net::Endpoint::parse("127.0.0.1", static_cast<std::uint16_t>(port));
    }

    std::string metrics() const {
        return body_of(ask(endpoint_, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    std::string page() const {
        return body_of(ask(endpoint_, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    // The value of a series; empty if there is none.
    std::string value(const std::string& series) const {
        const std::string text = metrics();
        const std::size_t at = text.find("\n" + series + " ");
        if (at == text.npos)
            return {};
        const std::size_t begin = at + series.size() + 2;
        return text.substr(begin, text.find('\n', begin) - begin);
    }
    void await_value(const std::string& series, const std::string& wanted) const {
        await([&] { return value(series) == wanted; }, series + " " + wanted + "\n" + metrics());
    }
    bool has(const std::string& text) const { return metrics().find(text) != std::string::npos; }

    Process& process() { return process_; }
    Ran end() {
        process_.send_signal(SIGINT);
        return process_.wait();
    }

  private:
    Process process_;
    net::Endpoint endpoint_;
};

std::string up(const std::string& tool, const std::string& target, const std::string& labels = {}) {
    return tool + "_up{target=\"" + target + "\"" + labels + "}";
}

class Fleet : public testing::TestWithParam<const char*> {
  protected:
    std::string tool() const { return GetParam(); }
    // Ports of servers for the tool under test.
    std::string serve() {
        if (tool() == "echo")
            peers_.emplace_back(new Peer(Peer::stream(echo_all)));
        else
            peers_.emplace_back(new Peer(Peer::datagram(echo_datagram)));
        return peers_.back()->port();
    }
    Words command(Words more) const {
        Words words{tool(), "-c", "0", "-i", "20ms", "-W", "30s", "--metrics", "0"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

  private:
    std::vector<std::unique_ptr<Peer>> peers_;
};

TEST_P(Fleet, TargetsComeAndGoWithTheFile) {
    const std::string one = "127.0.0.1:" + serve();
    const std::string two = "127.0.0.1:" + serve();
    const TemporaryFile file(one + " site=a rack=\"7\\ # the first\n\n");
    Watched run(command({"--targets", file.path()}));
    const std::string labels_of_one = R"(,site="a",rack="\"7\\")";
    run.await_value(up(tool(), one, labels_of_one), "1");
    EXPECT_EQ(run.value(tool() + "_targets"), "1");

    replace(file.path(), R"([{"targets": [")" + one +
                             R"("], "labels": {"site": "a", "rack": "\"7\\",
        "__scheme__": "x"}}, {"targets": [")" +
                             two + R"("], "labels": {"site": "b"}}])");
    run.await_value(up(tool(), two, ",site=\"b\""), "1");
    EXPECT_EQ(run.value(tool() + "_targets"), "2");
    const std::string before =
        run.value(tool() + "_run_seconds{target=\"" + one + "\"" + labels_of_one + "}");
    EXPECT_GT(std::stod(before), 0.4) << "it is not disturbed";

    replace(file.path(), two + " site=b\n");
    await([&] { return !run.has(one); }, "the end of " + one);
    const Ran ran = run.end();
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("--- " + one), HasSubstr("--- " + two)));
    EXPECT_THAT(ran.err, HasSubstr(": 2 targets now, 1 added, 0 removed\n"));
    EXPECT_THAT(ran.err, HasSubstr(": 1 target now, 0 added, 1 removed\n"));
}

TEST_P(Fleet, AFileThatOnlyAnotherUserMayReadIsReadAgain) {
    if (::geteuid() != 0 || ::prctl(PR_CAPBSET_READ, CAP_DAC_READ_SEARCH) != 1)
        GTEST_SKIP() << "needs root with CAP_DAC_READ_SEARCH";
    const auto give_away = [](const std::string& path) {
        ASSERT_EQ(::chown(path.c_str(), 65534, 65534), 0);
        ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    };
    const std::string one = "127.0.0.1:" + serve();
    const std::string two = "127.0.0.1:" + serve();
    const TemporaryFile file(one + "\n");
    give_away(file.path());
    Watched run(command({"--targets", file.path()}));
    run.await_value(up(tool(), one), "1");
    const TemporaryFile next(one + "\n" + two + "\n");
    give_away(next.path());
    std::filesystem::copy_file(next.path(), file.path(),
                               std::filesystem::copy_options::overwrite_existing);
    run.await_value(up(tool(), two), "1");
    EXPECT_EQ(run.end().status, tools::exit_ok);
}

TEST_P(Fleet, AFileThatIsGoneOrNoFileAnyMoreIsReportedOnce) {
    const std::string one = "127.0.0.1:" + serve();
    const TemporaryFile file(one + "\n");
    Watched run(command({"--targets", file.path()}));
    const std::string reloaded = tool() + "_targets_reload_successful";
    const std::vector<std::function<void()>> others{
        [] {}, [&] { std::filesystem::create_directory(file.path()); },
        [&] { ASSERT_EQ(::mkfifo(file.path().c_str(), 0600), 0); }};
    for (const auto& put_another : others) {
        run.await_value(reloaded, "1");
        std::filesystem::remove(file.path());
        put_another();
        run.await_value(reloaded, "0");
        EXPECT_EQ(run.value(tool() + "_targets"), "1");
        std::filesystem::remove(file.path());
        std::ofstream(file.path()) << one << '\n';
    }
    run.await_value(reloaded, "1");
    const Ran ran = run.end();
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("(ENOENT); the targets stay as they were\n"));
    EXPECT_THAT(lines(ran.err), testing::Contains(HasSubstr("not a regular file")).Times(2));
}

TEST_P(Fleet, AWrongFileChangesNothingAndIsReportedOnce) {
    const std::string one = "127.0.0.1:" + serve();
    const TemporaryFile file(one + "\n");
    Watched run(command({"--targets", file.path()}));
    run.await_value(up(tool(), one), "1");
    EXPECT_EQ(run.value(tool() + "_targets_reload_successful"), "1");
    replace(file.path(), R"([{"targets": ["127.0.0.1:7"]})");
    run.await_value(tool() + "_targets_reload_successful", "0");
    EXPECT_EQ(run.value(tool() + "_targets"), "1");
    EXPECT_EQ(run.value(up(tool(), one)), "1");
    replace(file.path(), one + "\n");
    run.await_value(tool() + "_targets_reload_successful", "1");
    const Ran ran = run.end();
    const std::string complaint = "read " + file.path() + ": not valid JSON: error at byte ";
    EXPECT_THAT(ran.err, HasSubstr(complaint));
    EXPECT_EQ(ran.err.find(complaint), ran.err.rfind(complaint)) << ran.err;
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
}

// As Kubernetes changes a mounted ConfigMap: the file is a link into a folder, which is a link.
TEST_P(Fleet, ALinkOnTheWayToTheFileIsFollowed) {
    const std::string one = "127.0.0.1:" + serve();
    const std::string two = "127.0.0.1:" + serve();
    const TemporaryFile unique;
    const std::filesystem::path folder = unique.path() + ".d";
    for (const auto& [name, content] : {std::pair("first", one), std::pair("second", two)}) {
        std::filesystem::create_directories(folder / name);
        std::ofstream(folder / name / "targets") << content << '\n';
    }
    std::filesystem::create_directory_symlink("first", folder / "data");
    std::filesystem::create_symlink("data/targets", folder / "targets");
    Watched run(command({"--targets", (folder / "targets").string()}));
    run.await_value(up(tool(), one), "1");
    std::filesystem::create_directory_symlink("second", folder / "new");
    std::filesystem::rename(folder / "new", folder / "data");
    run.await_value(up(tool(), two), "1");
    await([&] { return !run.has(one); }, "the end of " + one);
    EXPECT_EQ(run.end().status, tools::exit_ok);
    std::filesystem::remove_all(folder);
}

TEST_P(Fleet, AServerThatIsDownStaysAndComesBack) {
    const std::string target = "127.0.0.1:" + closed_port();
    const std::string name = "nosuch.invalid:7";
    Words words = command({"--target", target, "--target", name});
    words[6] = "100ms";  // -W
    words.emplace_back("--json");
    Watched run(words);
    EXPECT_EQ(run.value(up(tool(), target)), "0");
    EXPECT_EQ(run.value(up(tool(), name)), "0") << "from the start";
    await(
        [&] {
            return run.value(tool() + "_resolve_failures_total{target=\"" + name + "\"}") >= "1";
        },
        "a failed lookup");
    run.await_value(tool() + "_target_info{target=\"" + name + "\",address=\"\"}", "1");
    EchoServer server({}, target.substr(target.rfind(':') + 1));
    run.await_value(up(tool(), target), "1");
    const std::string outage =
        run.value(tool() + "_longest_outage_seconds{target=\"" + target + "\"}");
    EXPECT_GT(std::stod(outage), 0);
    const Ran ran = run.end();
    // That of the name, unless a message could not be sent before, which TCP notices.
    EXPECT_EQ(ran.status, tool() == "echo" ? tools::exit_mismatch : tools::exit_unresolved)
        << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("\"target\":\"" + name + "\",\"address\":null,"));
    EXPECT_THAT(ran.out, HasSubstr("\"up\":false"));
    EXPECT_THAT(ran.out, HasSubstr("\"up\":true"));
}

TEST_P(Fleet, WhatComesInTheWarmUpIsNotLate) {
    const std::string target = "127.0.0.1:" + serve();
    const TemporaryFile file;
    for (const Words& pace : {Words{"-i", "5ms"}, {"--rate", "200"}}) {
        Words words{tool(),
                    "-q",
                    "-t",
                    "100ms",
                    "--warmup",
                    "200ms",
                    "--metrics-file",
                    file.path(),
                    "127.0.0.1",
                    target.substr(target.rfind(':') + 1)};
        words.insert(words.begin() + 1, pace.begin(), pace.end());
        EXPECT_EQ(Process(words).wait().status, tools::exit_ok);
        const auto value = [&, content = file.content()](const std::string& name) {
            const std::string series = '\n' + tool() + name + "{target=\"" + target + "\"} ";
            const std::size_t at = content.find(series);
            EXPECT_NE(at, content.npos) << series << content;
            return at == content.npos ? 0 : std::stod(content.substr(at + series.size()));
        };
        EXPECT_GT(value("_messages_sent_total"), 0);
        EXPECT_LE(value("_late_seconds_count"), value("_messages_sent_total"));
    }
}

TEST_P(Fleet, SkipSelfLeavesOutThisHost) {
    const std::string port = serve();
    const TemporaryFile file("127.0.0.1:" + port + "\nlocalhost:" + port + "\n192.0.2.1:7\n");
    Watched run(command({"--targets", file.path(), "--skip-self"}));
    await([&] { return !run.has("localhost"); }, "the end of localhost");
    EXPECT_FALSE(run.has("127.0.0.1:" + port));
    EXPECT_TRUE(run.has("192.0.2.1:7"));
    const Ran ran = run.end();
    EXPECT_THAT(ran.out, Not(HasSubstr("localhost")));
    for (const std::string& self : {"127.0.0.1:" + port, "localhost:" + port})
        EXPECT_THAT(ran.err, HasSubstr(": " + self + ": left out, because it is this host\n"));
}

TEST_P(Fleet, AFileMayBeOfAnyForm) {
    const std::string port = serve();
    const Words usage{"-c", "1"};
    const auto with = [&](std::string_view content) {
        const TemporaryFile file(content);
        return Process({tool(), "-c", "1", "--targets", file.path()}).wait();
    };
    EXPECT_EQ(with("127.0.0.1:" + port + "\r\n# nothing else").status, tools::exit_ok);
    EXPECT_EQ(with("\xef\xbb\xbf"
                   "127.0.0.1:" +
                   port)
                  .status,
              tools::exit_ok);
    EXPECT_EQ(with("[{\"targets\": []}, {\"targets\": [\"127.0.0.1:" + port + "\"]}]").status,
              tools::exit_ok);
    const std::string twice = "127.0.0.1:" + port + " site=";
    EXPECT_THAT(with(twice + "a\n" + twice + "b\n").err,
                HasSubstr("127.0.0.1:" + port + ": listed again with other labels"));
    EXPECT_EQ(with(twice + "a\n" + twice + "a\n").err, "");
    const TemporaryFile label_twice("[{\"targets\": [\"127.0.0.1:" + port +
                                    "\"], \"labels\": {\"a\": \"1\", \"a\": \"2\"}}]");
    EXPECT_THAT(Process({tool(), "-c", "1", "--targets", label_twice.path(), "--metrics-file", "-"})
                    .wait()
                    .out,
                HasSubstr(up(tool(), "127.0.0.1:" + port, ",a=\"2\"")));
    for (const auto& [content, complaint] :
         std::initializer_list<std::pair<std::string, std::string>>{
             {"127.0.0.1\n", "line 1: "},
             {"a:7\nb:7 site\n", "line 2: 'site' is not LABEL=VALUE"},
             {"a:7 1site=x\n", "line 1: '1site' is not a valid label name"},
             {"a:7 target=x\n", "line 1: the label 'target' has a meaning of its own"},
             {"a:7 clock=x\n", "line 1: the label 'clock' has a meaning of its own"},
             {"a:7\na:99999\n", "line 2: '99999' is not a port"},
             {"a:7\na:0\n", "line 2: '0' is not a port"},
             {"a:7 a=1 b=2 a=3\n", "line 1: the label 'a' is given twice"},
             {"a:7 a=\xe9\n", "line 1: the value of the label 'a' is not valid UTF-8"},
             {std::string("a:7\0x\n", 6), "line 1: 'a:7\\x00x' is not HOST:PORT"},
             {std::string(100'000, '[') + "\n", "not valid JSON: error at byte"},
             {std::string(100'000, 'a') + ":7\n", "…' is not HOST:PORT"},
             {"{\"targets\": [\"a:7\"]}", "the JSON text is not a list"},
             {"", "the file is empty"},
             {"[{\"labels\": {}}]", "a group without a list \"targets\""},
             {"[{\"targets\": [7]}]", "a target that is not a string"},
             {"[{\"targets\": [\"a:7\"], \"labels\": {\"a\": 1}}]",
              "the label 'a' is not a string"},
             {"[{\"targets\": ", "not valid JSON: error at byte"}}) {
        const Ran ran = with(content);
        EXPECT_EQ(ran.status, tools::exit_usage) << content;
        EXPECT_THAT(ran.err, HasSubstr(complaint)) << content;
        EXPECT_EQ(lines(ran.err).size(), 1U) << ran.err;
    }
    EXPECT_EQ(Process({tool(), "-c", "1", "--targets", "/no/such"}).wait().status,
              tools::exit_refused);
}

TEST_P(Fleet, TheMetricsFileHasTheSameNumbers) {
    const std::string target = "127.0.0.1:" + serve();
    const std::string port = target.substr(target.rfind(':') + 1);
    const TemporaryFile file("old");
    const Ran ran = Process({tool(), "-q", "-c", "3", "-i", "10ms", "-W", "30s", "--metrics-file",
                             file.path(), "127.0.0.1", port})
                        .wait();
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(file.content(),
                HasSubstr(tool() + "_messages_received_total{target=\"" + target + "\"} 3\n"));
    EXPECT_THAT(file.content(), HasSubstr(tool() + "_build_info{version=\""));
    const Ran unmeasured = Process({tool(), "-q", "-c", "1", "--metrics-file", file.path(),
                                    "no-such-host.invalid", port})
                               .wait();
    EXPECT_EQ(unmeasured.status, tools::exit_unresolved) << unmeasured.err;
    EXPECT_THAT(file.content(), HasSubstr(up(tool(), "no-such-host.invalid:" + port) + " 0\n"));
    EXPECT_THAT(file.content(), Not(HasSubstr(target)));
    EXPECT_EQ(run(tool() == "echo" ? tools::echo : tools::udpecho,
                  {"-c", "1", "--metrics-file", "/no/such/file", "127.0.0.1", port})
                  .status,
              tools::exit_output);
}

TEST_P(Fleet, ThePageForPeopleHasTheServers) {
    const std::string target = "127.0.0.1:" + serve();
    Watched run(command({"--target", target}));
    run.await_value(up(tool(), target), "1");
    const std::string page = run.page();
    EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
    EXPECT_THAT(page, HasSubstr("<th scope=\"row\">" + target + "</th><td class=\"good\">up</td>"));
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    run.end();
}

// Reading a FIFO would block everything else.
TEST_P(Fleet, AFifoInPlaceOfTheFileIsNotRead) {
    const std::string one = "127.0.0.1:" + serve();
    const TemporaryFile file(one + "\n");
    Watched run(command({"--targets", file.path(), "-j"}));
    run.await_value(up(tool(), one), "1");
    std::filesystem::remove(file.path());
    ASSERT_EQ(::mkfifo(file.path().c_str(), 0600), 0);
    const std::string received = tool() + "_messages_received_total{target=\"" + one + "\"}";
    const double before = std::stod(run.value(received));
    await([&] { return std::stod(run.value(received)) > before + 75; }, "more replies");
    EXPECT_EQ(run.end().status, tools::exit_ok);
}

// Servers that go before their first message have nothing to answer for.
TEST_P(Fleet, AServerThatGoesUnaskedIsNoFailure) {
    const std::string one = "127.0.0.1:" + serve();
    const TemporaryFile file(one + "\n");
    Words words = command({"--targets", file.path()});
    words[4] = "1h";  // -i
    Watched run(words);
    run.await_value(tool() + "_targets", "1");
    std::string many = one + "\n";
    for (int i = 1; i < 20; ++i)
        many += "127.0.3." + std::to_string(i) + ":7\n";
    replace(file.path(), many);
    run.await_value(tool() + "_targets", "20");
    replace(file.path(), one + "\n");
    run.await_value(tool() + "_targets", "1");
    const Ran ran = run.end();
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.out << ran.err;
}

INSTANTIATE_TEST_SUITE_P(Clients, Fleet, testing::Values("echo", "udpecho"),
                         [](const auto& row) { return std::string(row.param); });

// Runs a shell script, with the folder of the programs and the tool as its words, which may change
// /etc/hosts, the only source of names. The C library reads it again for each lookup.
Ran with_own_hosts_file(const std::string& script, const std::string& tool) {
    return Process({SOCKBOX_SOURCE_DIR "/tests/with_fakedns", "/bin/sh", "-c", script, "sh",
                    SOCKBOX_BIN_DIR, tool},
                   {"FAKEDNS_HOSTS_LINE=hosts: files"})
        .wait();
}

// The name moves while the run goes on.
TEST(FleetNames, AreFollowedToTheirNewAddress) {
    const std::string script = R"sh(
        bin=$1 tool=$2 dir=$(mktemp -d)
        tries() { for _ in $(seq 300); do "$@" && return 0; sleep 0.1; done; return 1; }
        for address in 127.0.0.2 127.0.0.3; do
            "$bin/echod" -b $address -p 7007 >"$dir/ready.$address" & servers="$servers $!"
            tries grep -q udp "$dir/ready.$address" || echo no server
        done
        echo '127.0.0.2 moving.lan' >/etc/hosts
        "$bin/$tool" --json -c 0 -i 20ms -W 2s --resolve-every 200ms moving.lan 7007 \
            >"$dir/out" 2>"$dir/err" & run=$!
        tries grep -q '"event":"reply","seq":5,' "$dir/out" || echo no start
        echo '127.0.0.3 moving.lan' >/etc/hosts
        tries grep -q '"event":"address".*"address":"127.0.0.3:7007","before":"127.0.0.2:7007"' \
            "$dir/out" || echo not moved
        seen=$(grep -c '"event":"reply"' "$dir/out")
        more() { [ "$(grep -c '"event":"reply"' "$dir/out")" -gt $((seen + 5)) ]; }
        tries more || echo no more replies
        kill -INT $run
        wait $run
        echo "status $?"
        tail -n 1 "$dir/out"
        cat "$dir/err"
        kill $servers
        rm -r "$dir")sh";
    for (const std::string tool : {"udpecho", "echo"}) {
        const Ran ran = with_own_hosts_file(script, tool);
        if (ran.status == refused_world)
            GTEST_SKIP() << "no private world of names here";
        EXPECT_THAT(ran.out, HasSubstr("\"address\":\"127.0.0.3:7007\"")) << ran.err;
        EXPECT_THAT(ran.out, AllOf(Not(HasSubstr("no ")), Not(HasSubstr("not moved")))) << tool;
        // A message under way when the connection is closed may be lost.
        EXPECT_THAT(ran.out, ContainsRegex("status [04]\n")) << tool;
    }
}

// A name that cannot be looked up again for a while costs no message.
TEST(FleetNames, AFailedLookupInBetweenIsNoFailure) {
    const std::string script = R"sh(
        bin=$1 tool=$2 dir=$(mktemp -d)
        tries() { for _ in $(seq 300); do "$@" && return 0; sleep 0.1; done; return 1; }
        "$bin/echod" -b 127.0.0.1 -p 7007 >"$dir/ready" & server=$!
        tries grep -q udp "$dir/ready" || echo no server
        echo '127.0.0.1 leaving.lan' >/etc/hosts
        "$bin/$tool" -c 0 -i 20ms -W 30s --resolve-every 200ms leaving.lan 7007 \
            >"$dir/out" 2>"$dir/err" & run=$!
        tries grep -q 'seq=5 ' "$dir/out" || echo no start
        : >/etc/hosts
        tries grep -q 'leaving.lan:7007: resolve' "$dir/err" || echo no failure
        echo '127.0.0.1 leaving.lan' >/etc/hosts
        tries grep -q 'resolves again' "$dir/err" || echo no end of it
        kill -INT $run
        wait $run
        echo "status $?"
        cat "$dir/err"
        kill $server
        rm -r "$dir")sh";
    for (const std::string tool : {"udpecho", "echo"}) {
        const Ran ran = with_own_hosts_file(script, tool);
        if (ran.status == refused_world)
            GTEST_SKIP() << "no private world of names here";
        EXPECT_THAT(ran.out, AllOf(HasSubstr("status 0\n"), Not(HasSubstr("no ")))) << tool;
    }
}

// Names that nobody knows, and a name server that does not answer, do not disturb the others.
TEST(FleetNames, ThatDoNotResolveDisturbNobody) {
    const std::string script = R"sh(
        bin=$1 dir=$(mktemp -d)
        tries() { for _ in $(seq 300); do "$@" && return 0; sleep 0.1; done; return 1; }
        "$bin/echod" -b 127.0.0.1 -p 7007 >"$dir/ready" & server=$!
        tries grep -q udp "$dir/ready" || echo no server
        "$bin/udpecho" --json -c 0 -i 20ms -W 2s --target nxdomain.test:7007 \
            --target silent.test:7007 --target dual.test:7007 -4 >"$dir/out" 2>"$dir/err" & run=$!
        tries grep -q '"event":"reply","seq":20,.*"target":"dual.test:7007"' "$dir/out" ||
            echo no replies
        kill -INT $run
        wait $run
        echo "status $?"
        grep '"event":"result"' "$dir/out"
        kill $server
        rm -r "$dir")sh";
    const Ran ran = Process({SOCKBOX_SOURCE_DIR "/tests/with_fakedns", "/bin/sh", "-c", script,
                             "sh", SOCKBOX_BIN_DIR})
                        .wait();
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private world of names here";
    EXPECT_THAT(ran.out, AllOf(Not(HasSubstr("no server")), Not(HasSubstr("no replies"))))
        << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("status 2\n")) << "the worst of all";
    EXPECT_THAT(ran.out, ContainsRegex("\"target\":\"nxdomain.test:7007\",\"address\":null.*"
                                       "\"up\":false.*EAI_NONAME"));
    EXPECT_THAT(ran.out, ContainsRegex("\"target\":\"silent.test:7007\",\"address\":null"));
    EXPECT_THAT(ran.out, ContainsRegex("\"target\":\"dual.test:7007\",\"address\":\"127.0.0.1:7007"
                                       "\".*\"up\":true"));
}

// One thread serves them all: beside it there are the command, the resolver and the metrics.
TEST(FleetSize, AThousandServersNeedFewThreadsAndLittleMemory) {
    Process server({"echod", "--udp", "-b", "0.0.0.0", "-p", "0", "--udp-rate", "0"});
    const std::string port = port_in(server.read_line());
    std::string targets;
    constexpr int count = 1000;
    for (int i = 0; i < count; ++i)
        targets += fmt::format("127.1.{}.{}:{}\n", i / 250, i % 250 + 1, port);
    const TemporaryFile file(targets);
    Watched run({"udpecho", "-c", "0", "-i", "1s", "-W", "30s", "--metrics", "0", "--targets",
                 file.path()});
    await(
        [&] {
            const std::string text = run.metrics();
            std::size_t answered = 0;
            for (const std::string& line : lines(text))
                answered += line.starts_with("udpecho_up{") && line.ends_with(" 1") ? 1 : 0;
            return answered == count;
        },
        "all of them up");
    std::ifstream status("/proc/" + std::to_string(run.process().pid()) + "/status");
    int threads = 0;
    int resident_kb = 0;
    for (std::string line; std::getline(status, line);) {
        std::sscanf(line.c_str(), "Threads: %d", &threads);
        std::sscanf(line.c_str(), "VmRSS: %d", &resident_kb);
    }
    EXPECT_GT(threads, 0);
#ifndef SOCKBOX_SANITIZED  // which has a thread of its own, and keeps freed memory
    EXPECT_LE(threads, 4);
    EXPECT_LE(resident_kb, 40 << 10) << "with what a scrape leaves in the allocator";
#endif
    EXPECT_EQ(run.end().status, tools::exit_ok);
}

}  // namespace
}  // namespace sockbox::test
