// Tests of the command echo as a process: streams that are closed, full or no files, and signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/peer.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::HasSubstr;

// echo run by a shell, which sets up its streams: "$echo" stands for the program with its operands.
Ran run_in_shell(const Peer& peer, const std::string& script) {
    Process shell({"/bin/sh", "-c", script},
                  {"echo=" SOCKBOX_BIN_DIR "/echo 127.0.0.1 " + peer.port()});
    return shell.wait();
}

TEST(EchoProcess, ClosedInputIsEmptyAndADirectoryIsNamed) {
    auto peer = Peer::stream(echo_all);
    const Ran closed = run_in_shell(peer, "$echo <&-");
    EXPECT_EQ(closed.out, "");
    EXPECT_EQ(closed.err, "");
    EXPECT_EQ(closed.status, tools::exit_ok);
    const Ran directory = run_in_shell(peer, "$echo </");
    EXPECT_THAT(directory.err, HasSubstr("EISDIR"));
    EXPECT_EQ(directory.status, tools::exit_output);
}

TEST(EchoProcess, OutputThatCannotBeWrittenIsAFailure) {
    auto peer = Peer::stream(echo_all);
    const Ran full = run_in_shell(peer, "$echo hello >/dev/full");
    EXPECT_THAT(full.err, HasSubstr("ENOSPC"));
    EXPECT_EQ(full.status, tools::exit_output);
    const Ran closed = run_in_shell(peer, "$echo hello >&-");
    EXPECT_THAT(closed.err, HasSubstr("EBADF"));
    EXPECT_EQ(closed.status, tools::exit_output);
}

TEST(EchoProcess, ClosedPipeEndsItQuietly) {
    auto peer = Peer::stream(echo_all);
    const Ran ran = run_in_shell(peer, "yes | $echo | head -1");
    EXPECT_EQ(ran.out, "y\n");
    EXPECT_EQ(ran.err, "");
}

TEST(EchoProcess, InterruptEndsItAsAShellExpects) {
    auto peer = Peer::stream(echo_all);
    for (const int number : {SIGINT, SIGTERM}) {
        Process process({"echo", "127.0.0.1", peer.port()});
        process.write_input("hello\n");
        EXPECT_EQ(process.read_line(), "hello");
        process.send_signal(number);
        EXPECT_EQ(process.wait().status, 128 + number);
    }
}

}  // namespace
}  // namespace sockbox::test
