// Tests of udpecho --stamp with keys and requests: sender against reflector, and Python's hmac.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "paths.h"
#include "tests/ready_line.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using tools::udpecho;

constexpr std::string_view secret = "correct horse";

class KeyFile : public TemporaryFile {
  public:
    explicit KeyFile(std::string_view content) : TemporaryFile(content) {
        using std::filesystem::perms;
        std::filesystem::permissions(path(), perms::owner_read | perms::owner_write);
    }
};

Words with(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

class StampReflectorProcess {
  public:
    explicit StampReflectorProcess(const Words& options, const std::string& host = "127.0.0.1")
        : process_(with({"udpecho", "--listen", "--stamp", "-j", "-p", "0", "-b", host}, options)) {
        const std::string line = process_.read_line();
        port_ = line.substr(line.find("\"port\":") + 7);
        port_ = port_.substr(0, port_.find(','));
    }
    const std::string& port() const { return port_; }
    // Ends it; its counters as JSON.
    std::string counters() {
        process_.send_signal(SIGTERM);
        return process_.wait().out;
    }

  private:
    Process process_;
    std::string port_;
};

TEST(UdpEchoStampKey, TheSameOneOnBothSidesMeasures) {
    const KeyFile text(std::string(secret) + "\n");
    const KeyFile hex("hex:636f727265637420686F727365\n");  // the same
    for (const char* host : {"127.0.0.1", "::1"}) {
        StampReflectorProcess reflector({"--stamp-key-file", text.path(), "--stateful"}, host);
        const Ran ran = run(udpecho, {"--stamp", "-c", "5", "-i", "0", "--stamp-key-file",
                                      hex.path(), "-j", "-q", host, reflector.port()});
        EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
        EXPECT_THAT(ran.out, AllOf(HasSubstr(R"("sent":5,"received":5,"lost":0)"),
                                   HasSubstr(R"("sent_bytes":560,"received_bytes":560)"),
                                   HasSubstr(R"("reflector":null)")));
        EXPECT_THAT(reflector.counters(), HasSubstr(R"("answered":5)"));
    }
}

TEST(UdpEchoStampKey, AnotherOneIsDroppedAndCounted) {
    const KeyFile key(secret);
    const KeyFile other("incorrect horse");
    StampReflectorProcess reflector({"--stamp-key-file", key.path()});
    const Words sender{"--stamp", "-c", "2", "-i", "0", "-W", "200ms"};
    for (const Words& more : {Words{"--stamp-key-file", other.path()}, Words{"-s", "112"}}) {
        const Ran ran = run(udpecho, with(with(sender, more), {"127.0.0.1", reflector.port()}));
        EXPECT_EQ(ran.status, tools::exit_mismatch);
        EXPECT_THAT(ran.out, HasSubstr("2 sent, 0 received, 2 lost"));
    }
    EXPECT_THAT(reflector.counters(),
                AllOf(HasSubstr(R"("received":4)"), HasSubstr(R"("answered":0)"),
                      HasSubstr(R"("dropped_integrity":4)"), Not(HasSubstr(std::string(secret)))));
}

TEST(UdpEchoStampKey, AReplyOfSomebodyWithoutItIsCorrupted) {
    const KeyFile key(secret);
    // With --stamp-open, the reflector answers any packet, and does not sign its own.
    StampReflectorProcess open({"--stamp-key-file", key.path(), "--stamp-open"});
    const Ran ran = run(udpecho, {"--stamp", "-c", "1", "-W", "1s", "--stamp-key-file", key.path(),
                                  "127.0.0.1", open.port()});
    EXPECT_EQ(ran.status, tools::exit_mismatch);
}

TEST(UdpEchoStampKey, AReflectorWithoutAnyIsNamed) {
    const KeyFile key(secret);
    StampReflectorProcess reflector({});
    const Ran ran = run(udpecho, {"--stamp", "-c", "2", "-i", "0", "-W", "20s", "--stamp-key-file",
                                  key.path(), "127.0.0.1", reflector.port()});
    EXPECT_EQ(ran.status, tools::exit_mismatch);
    EXPECT_THAT(ran.out, HasSubstr("2 sent, 0 received, 2 lost (100%), 2 corrupted"));
    EXPECT_THAT(ran.out, HasSubstr("the reply is not authenticated: the reflector has no key"));
}

TEST(UdpEchoStampKey, OpenPacketsWithProtectedExtensions) {
    const KeyFile key(secret);
    const KeyFile other("incorrect horse");
    StampReflectorProcess reflector({"--stamp-key-file", key.path(), "--stamp-open", "--stateful"});
    const Words sender{
        "--stamp", "--stamp-open",    "-c", "3", "-i", "0", "-j", "-q", "--stamp-request",
        "counts",  "--stamp-key-file"};
    const Words server{"127.0.0.1", reflector.port()};
    const Ran ran = run(udpecho, with(with(sender, {key.path()}), server));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("received":3,"sent":3,"left_later")"));
    EXPECT_THAT(ran.out, HasSubstr(R"("unverified":0)"));
    const Ran wrong = run(udpecho, with(with(sender, {other.path()}), server));
    EXPECT_THAT(wrong.out, HasSubstr(R"("sent":3,"received":3,"lost":0)")) << "the packets are";
    EXPECT_THAT(wrong.out, HasSubstr(R"("unverified":3)"));
    const Ran text = run(udpecho, {"--stamp", "--stamp-open", "-c", "1", "--stamp-key-file",
                                   other.path(), "--dscp", "8", "127.0.0.1", reflector.port()});
    EXPECT_THAT(text.out, HasSubstr("warning: the extensions of 1 reply are not authentic\n"));
}

TEST(UdpEchoStampKey, AFileThatOthersMayReadIsRefused) {
    const KeyFile key(secret);
    std::filesystem::permissions(key.path(), std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    for (const Words& words : {Words{"--listen", "-p", "0"}, Words{"127.0.0.1"}}) {
        const Ran ran =
            run(udpecho, with(with({"--stamp"}, words), {"--stamp-key-file", key.path()}));
        EXPECT_EQ(ran.status, tools::exit_refused);
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, AllOf(HasSubstr("read the key file " + key.path() + ": others"),
                                   HasSubstr("udpecho: hint: chmod o= "),
                                   Not(HasSubstr(std::string(secret)))));
    }
    EXPECT_EQ(run(udpecho, {"--stamp-key-file", key.path(), "127.0.0.1", "9"}).status,
              tools::exit_usage);
    EXPECT_EQ(run(udpecho, {"--stamp", "--stamp-open", "127.0.0.1"}).status, tools::exit_usage);
    EXPECT_EQ(run(udpecho, {"--stamp", "--stamp-request", "x", "127.0.0.1"}).status,
              tools::exit_usage);
}

TEST(UdpEchoStamp, RequestsAreAnswered) {
    StampReflectorProcess reflector({"--stateful"});
    const Words sender{"--stamp",
                       "-c",
                       "3",
                       "-i",
                       "0",
                       "--stamp-request",
                       "location",
                       "--stamp-request",
                       "clock",
                       "--stamp-request",
                       "counts",
                       "--stamp-request",
                       "follow-up",
                       "127.0.0.1",
                       reflector.port()};
    const Ran ran = run(udpecho, with(sender, {"-j", "-q"}));
    EXPECT_EQ(ran.status, tools::exit_ok) << ran.err;
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr(R"("reflector":{"seen_from":"127.0.0.1:)"),
                      HasSubstr(R"("arrival_timestamps":"software")"),
                      HasSubstr(R"("departure_timestamps":"software","received":3,"sent":3)"),
                      testing::ContainsRegex("\"clock\":\"(ntp|local)\""),
                      testing::ContainsRegex(R"("left_later":\{"min_ns":[0-9])")));
    const Ran text = run(udpecho, sender);
    EXPECT_THAT(text.out, AllOf(HasSubstr("seen by the reflector from 127.0.0.1:"),
                                HasSubstr("reflector's clock: "),
                                HasSubstr("reflector's count: 3 received, 3 sent\n")));
    StampReflectorProcess v6({}, "::1");
    const Ran other = run(udpecho, {"--stamp", "-c", "1", "-j", "-q", "--stamp-request", "location",
                                    "--stamp-request", "counts", "::1", v6.port()});
    EXPECT_THAT(other.out, HasSubstr(R"("seen_from":"[::1]:)"));
    EXPECT_THAT(other.out, HasSubstr(R"("received":0,"sent":0)")) << "without --stateful";
}

TEST(UdpEchoStamp, DscpAndEcnAreShownInBothDirections) {
    for (const char* host : {"127.0.0.1", "::1"}) {
        StampReflectorProcess reflector({}, host);
        const Words sender{"--stamp", "-c", "1",  "--dscp",        "46",
                           "--ecn",   "1",  host, reflector.port()};
        EXPECT_THAT(run(udpecho, with(sender, {"-j", "-q"})).out,
                    HasSubstr(R"("dscp_there":46,"ecn_there":1,"dscp_back":46,"ecn_back":1)"));
        EXPECT_THAT(run(udpecho, sender).out,
                    AllOf(HasSubstr("DSCP: arrived at the reflector as 46\n"),
                          HasSubstr("DSCP: arrived here as 46\n"),
                          HasSubstr("ECN: arrived at the reflector as 1 ECT(1)\n"
                                    "ECN: arrived here as 1 ECT(1)\n")));
        EXPECT_THAT(run(udpecho, {"--stamp", "-c", "1", "-j", "-q", host, reflector.port()}).out,
                    HasSubstr(R"("dscp_there":null,"ecn_there":null,"dscp_back":0,"ecn_back":0)"));
    }
    EXPECT_EQ(run(udpecho, {"--ecn", "4", "127.0.0.1", "9", "x"}).status, tools::exit_usage);
}

TEST(UdpEchoStampKey, PacketsAreAsTheRfcSaysByteByByte) {
    const KeyFile key(secret);
    const Ran ran = Process({"/usr/bin/python3", SOCKBOX_SOURCE_DIR "/tests/stamp_by_key.py",
                             SOCKBOX_BIN_DIR "/udpecho", key.path(), std::string(secret)})
                        .wait(std::chrono::minutes(2));
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace sockbox::test
