// Tests of the scripts in examples/, as they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::StartsWith;

// Starts one, which finds our commands first.
Process example(const std::string& name, const Words& args, const Words& environment = {}) {
    Words words{SOCKBOX_SOURCE_DIR "/examples/" + name};
    words.insert(words.end(), args.begin(), args.end());
    Words all{"PATH=" SOCKBOX_BIN_DIR ":/usr/local/bin:/usr/bin:/bin"};
    all.insert(all.end(), environment.begin(), environment.end());
    return Process(words, all);
}

TEST(Examples, EachShowsItsUsageWithoutArguments) {
    for (const std::string name : {"alert-on-latency", "compare-options", "latency-in-ci",
                                   "wait-for-service", "watch-buffers", "which-source-lies"}) {
        const Ran ran = example(name, {}).wait();
        EXPECT_EQ(ran.status, tools::exit_usage) << name;
        EXPECT_THAT(ran.err, StartsWith("usage: " + name + " ")) << name;
    }
}

TEST(Examples, WaitForServiceRunsTheCommandOnceThereIsOne) {
    const EchoServer server;
    const Ran ran =
        example("wait-for-service", {"127.0.0.1", server.port(), "printf", "%s", "it is up"})
            .wait();
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(ran.out, "it is up");
    const Ran none =
        example("wait-for-service", {"127.0.0.1", "1", "echo", "up"}, {"WAIT=200ms"}).wait();
    EXPECT_EQ(none.status, tools::exit_refused);
    EXPECT_EQ(none.out, "");
}

TEST(Examples, AlertOnLatencyPassesTheSummaryToACommand) {
    const EchoServer server;
    const Words alert{"ALERT=sed 's/^/alert: /'"};
    const Ran slow =
        example("alert-on-latency", {"127.0.0.1", server.port(), "p50<1ns"}, alert).wait();
    EXPECT_EQ(slow.status, tools::exit_mismatch) << slow.err;
    EXPECT_THAT(slow.out, AllOf(StartsWith("alert: --- 127.0.0.1:"),
                                HasSubstr("\nalert: assert p50<1ns: BROKEN")));
    const Ran good =
        example("alert-on-latency", {"127.0.0.1", server.port(), "p50<10s"}, alert).wait();
    EXPECT_EQ(good.status, 0) << good.err;
    EXPECT_EQ(good.out, "");
}

TEST(Examples, CompareOptionsShowsWhatDiffers) {
    const EchoServer usual({"-e", "epoll"});
    const EchoServer other({"-e", "epoll", "--set", "TCP_KEEPIDLE=60"});
    const Ran ran = example("compare-options", {usual.port(), other.port()}).wait();
    EXPECT_EQ(ran.status, 1) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("\n+TCP_KEEPIDLE = 60 s (default 7200 s)\n"));
    EXPECT_EQ(example("compare-options", {usual.port(), usual.port()}).wait().status, 0);
}

TEST(Examples, WatchBuffersShowsWhatSocketsHold) {
    EchoServer server;
    Process watch = example("watch-buffers", {std::to_string(server.process().pid()), "100ms"});
    EXPECT_THAT(watch.read_line(), HasSubstr("tcp LISTEN 127.0.0.1:" + server.port()));
    EXPECT_THAT(watch.read_line(), HasSubstr("SO_MEMINFO = rmem_alloc 0 bytes"));
    watch.send_signal(SIGINT);
    (void)watch.wait();
}

// In a folder in front of our commands, a showip that prints this.
class InventedShowip {
  public:
    explicit InventedShowip(const std::string& text) {
        std::filesystem::create_directory(folder_);
        std::ofstream(folder_ + "/showip") << "#!/bin/sh\ncat <<'END'\n" << text << "END\n";
        std::filesystem::permissions(folder_ + "/showip", std::filesystem::perms::owner_all);
    }
    InventedShowip(const InventedShowip&) = delete;
    InventedShowip& operator=(const InventedShowip&) = delete;
    ~InventedShowip() { std::filesystem::remove_all(folder_); }
    std::string path() const { return "PATH=" + folder_ + ":/usr/bin:/bin"; }

  private:
    const TemporaryFile unique_;
    const std::string folder_ = unique_.path() + ".bin";
};

TEST(Examples, WhichSourceLiesComparesTheAnswers) {
    const Ran ran = example("which-source-lies", {"localhost"}).wait();
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
    const InventedShowip invented(
        "IP addresses for a.test:\n\n"
        "  mdns: error -2: Name or service not known (EAI_NONAME), in 1 ms\n"
        "  files: 192.0.2.1, 2001:db8::1, in 100 us\n"
        "  myhostname: 2001:db8::1, 192.0.2.1, in 100 us\n"
        "  dns: 192.0.2.9, in 4 ms\n");
    const Ran differs =
        Process({SOCKBOX_SOURCE_DIR "/examples/which-source-lies", "a.test"}, {invented.path()})
            .wait();
    EXPECT_EQ(differs.status, 4) << differs.err;
    EXPECT_EQ(differs.out, "files: 192.0.2.1, 2001:db8::1\ndns: 192.0.2.9\n");
}

TEST(Examples, LatencyInCiWritesThePage) {
    const EchoServer server;
    const TemporaryFile page;
    const Ran ran =
        example("latency-in-ci", {"127.0.0.1", server.port(), page.path()}, {"TIME=1s"}).wait();
    // How many of the 400 are sent in time depends on how busy the machine is.
    EXPECT_THAT(ran.out, AllOf(ContainsRegex("[1-9][0-9]* sent, [1-9][0-9]* received, 0 lost"),
                               HasSubstr("assert p99<50ms: ")));
    EXPECT_THAT(page.content(), StartsWith("<!DOCTYPE html>"));
}

// The workflow names only scripts and options that exist.
TEST(Examples, TheWorkflowCallsScriptsThatExist) {
    std::ifstream file(SOCKBOX_SOURCE_DIR "/examples/github-action.yml");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::size_t scripts = 0;
    for (std::size_t at = text.find("examples/"); at != text.npos;
         at = text.find("examples/", at + 1)) {
        const std::string name = text.substr(at, text.find_first_of(" \n", at) - at);
        EXPECT_EQ(::access((SOCKBOX_SOURCE_DIR "/" + name).c_str(), X_OK), 0) << name;
        ++scripts;
    }
    EXPECT_EQ(scripts, 2U);
}

}  // namespace
}  // namespace sockbox::test
