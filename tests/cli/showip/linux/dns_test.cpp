// End-to-end tests of showip with a name server of our own, in private namespaces.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int refused_world = 77;  // exit status of with_fakedns if it may not create namespaces

Ran in_world(const Words& words, const Words& environment = {}, std::string_view input = {},
             std::chrono::milliseconds limit = patience) {
    Words all{SOCKBOX_SOURCE_DIR "/tests/with_fakedns"};
    all.insert(all.end(), words.begin(), words.end());
    Process process(all, environment);
    process.write_input(input);
    return process.wait(limit);
}

// Runs showip there; skips the test if there are no such namespaces.
#define SHOWIP_IN_WORLD(ran, ...)                 \
    const Ran ran = showip_in_world(__VA_ARGS__); \
    if (ran.status == refused_world)              \
    GTEST_SKIP() << "no private namespaces or no python3 here"

Ran showip_in_world(const Words& words, const Words& environment = {},
                    std::string_view input = {}) {
    Words all{SOCKBOX_BIN_DIR "/showip"};
    all.insert(all.end(), words.begin(), words.end());
    return in_world(all, environment, input);
}

TEST(ShowipDns, FailuresAreDistinguished) {
    SHOWIP_IN_WORLD(ran,
                    {"nodata.test", "nxdomain.test", "servfail.test", "refused.test", "loop.test",
                     "dual.test", std::string(64, 'a') + ".test", "a..b", std::string(300, 'a')});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    EXPECT_EQ(ran.out, "IP addresses for dual.test:\n\n  IPv6: ::1\n  IPv4: 127.0.0.1\n");
    Words failures;
    for (const std::string& line : lines(ran.err))
        if (!line.starts_with("showip: hint: "))
            failures.push_back(line);
    const std::string unknown = "error -2: Name or service not known (EAI_NONAME)";
    const std::string again = "error -3: Temporary failure in name resolution (EAI_AGAIN)";
    EXPECT_THAT(
        failures,
        ElementsAre(
            "showip: resolve nodata.test: error -5: No address associated with hostname "
            "(EAI_NODATA)",
            "showip: resolve nxdomain.test: " + unknown, "showip: resolve servfail.test: " + again,
            "showip: resolve refused.test: " + again, "showip: resolve loop.test: " + unknown,
            HasSubstr(unknown), HasSubstr(unknown), HasSubstr("(EAI_NONAME)")));
}

TEST(ShowipDns, ASilentServerCostsNoMoreThanTheTimeout) {
    SHOWIP_IN_WORLD(ran, {"-j", "-t", "1s", "--stats", "silent.test", "dual.test"});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    const Words objects = lines(ran.out);
    ASSERT_EQ(objects.size(), 3U);
    EXPECT_THAT(
        objects[0],
        AllOf(HasSubstr(R"("host":"silent.test")"), HasSubstr(R"("elapsed_ns":1000000000)"),
              HasSubstr(R"("symbol":"EAI_AGAIN","code":-3,"message":"Temporary failure in name )"
                        R"(resolution","detail":"no answer within 1s")")));
    EXPECT_THAT(objects[1], HasSubstr(R"("host":"dual.test")"));
    EXPECT_THAT(objects[2],
                StartsWith(R"({"tool":"showip","event":"stats","lookups":2,"failures":1,)"));
}

// The C library waits 5 s for each server: the default has room for the second one.
TEST(ShowipDns, ASecondServerAnswersInTheDefaultTime) {
    SHOWIP_IN_WORLD(ran, {"-s", "n1.test"}, {"FAKEDNS_FIRST=nameserver 127.0.0.54"});
    EXPECT_EQ(ran.out, "127.0.0.1\n");
    const Ran silent =
        showip_in_world({"-j", "silent.test"}, {"FAKEDNS_OPTIONS=options attempts:9"});
    EXPECT_THAT(silent.out, HasSubstr(R"("elapsed_ns":12000000000,)"));
    EXPECT_EQ(silent.status, tools::exit_unresolved);
}

TEST(ShowipDns, AWaitAlsoEndsALookup) {
    SHOWIP_IN_WORLD(ran, {"-j", "--wait", "300ms", "-t", "9s", "silent.test"});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    EXPECT_TRUE(
        std::regex_search(ran.out, std::regex(R"("elapsed_ns":[12]?[0-9]{8},|:300000000,)")))
        << ran.out;
}

// What is shown is what getaddrinfo(3) returns for these hints and no others.
TEST(ShowipDns, AnswersAsTheLibraryDoes) {
    const bool all = std::getenv("SOCKBOX_LONG_TESTS") != nullptr;
    const Ran ran =
        in_world({"/usr/bin/python3", SOCKBOX_SOURCE_DIR "/tests/getaddrinfo_by_python.py",
                  SOCKBOX_BIN_DIR "/showip", "1", all ? "0" : "40"},
                 {}, {}, all ? std::chrono::hours(2) : patience);
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no python3 here";
    EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
}

TEST(ShowipDns, NumericHostsNeedNoLookup) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "LeakSanitizer cannot work under strace";
#endif
    const auto calls = [](const std::string& host) {
        const TemporaryFile trace;
        const Ran ran = in_world({"/usr/bin/strace", "-f", "-qq", "-o", trace.path(), "-e",
                                  "trace=network", SOCKBOX_BIN_DIR "/showip", "-s", host});
        return ran.status == 0 ? trace.content() : "nothing traced";
    };
    const std::string asked = calls("n1.test");
    if (asked.find("htons(53)") == asked.npos)
        GTEST_SKIP() << "no private namespaces, no python3 or no strace here";
    for (const char* host : {"127.0.0.1", "::1", "127.1"})
        EXPECT_EQ(calls(host).find("htons("), std::string::npos) << host;
}

TEST(ShowipDns, SilentNamesStopNoOthers) {
    std::string names;
    for (int i = 0; i < 24; ++i)
        names += "silent.test\nn" + std::to_string(i) + ".test\n";
    SHOWIP_IN_WORLD(ran, {"-s", "-J", "4", "-t", "1s", "-f", "-"}, {}, names);
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    EXPECT_THAT(lines(ran.out), testing::AllOf(testing::SizeIs(24), testing::Each("127.0.0.1")));
}

TEST(ShowipDns, OutputStaysInTheOrderOfTheInput) {
    std::string names;
    std::string expected;
    for (int i = 0; i < 200; ++i) {
        names += (i % 2 == 0 ? "n" + std::to_string(i) : std::string("end")) + ".test\n";
        expected += i % 2 == 0 ? "127.0.0.1\n" : "";
    }
    SHOWIP_IN_WORLD(ran, {"-s", "-f", "-"}, {}, names);
    EXPECT_EQ(ran.out, expected);
}

TEST(ShowipDns, CanonicalNamesAreShown) {
    SHOWIP_IN_WORLD(ran, {"--canonname", "chain.test"});
    EXPECT_EQ(ran.out, "IP addresses for chain.test:\n\n  Name: end.test\n  IPv4: 192.0.2.9\n");
}

TEST(ShowipDns, InternationalNamesNeedTheirLocale) {
    const Words words{"--canonname", "--flags", "idn", "b\u00fccher.test"};
    SHOWIP_IN_WORLD(ran, words, {"LC_ALL=C.UTF-8"});
    if (ran.err.find("EAI_IDN_ENCODE") != std::string::npos)
        GTEST_SKIP() << "no libidn2 or no UTF-8 locale here";
    EXPECT_THAT(ran.out, AllOf(HasSubstr("xn--bcher-kva.test"), HasSubstr("IPv4: 192.0.2.8")));
    const Ran without = showip_in_world(words, {"LC_ALL=C"});
    EXPECT_EQ(without.status, tools::exit_unresolved);
    EXPECT_THAT(without.err, AllOf(HasSubstr("(EAI_IDN_ENCODE)"), HasSubstr("UTF-8 locale")));
}

TEST(ShowipDns, TheEncodedFormOfANameIsShown) {
    const std::string lookalike = "\u0430pple.test";  // begins with a Cyrillic letter
    SHOWIP_IN_WORLD(ran, {"b\u00fccher.test", lookalike, "\u0440\u0444.test"});
    if (ran.err.find("xn--") == std::string::npos)
        GTEST_SKIP() << "no libidn2 here";
    EXPECT_THAT(ran.err, AllOf(HasSubstr("b\u00fccher.test (xn--bcher-kva.test): error"),
                               HasSubstr(lookalike + " (xn--pple-43d.test): error"),
                               HasSubstr("'\u0430pple' mixes letters of different scripts: "
                                         "Cyrillic, Latin"),
                               Not(HasSubstr("'\u0440\u0444' mixes"))));
    const Ran good =
        showip_in_world({"-j", "--flags", "idn", "b\u00fccher.test"}, {"LC_ALL=C.UTF-8"});
    EXPECT_THAT(good.out, HasSubstr(R"("encoded_name":"xn--bcher-kva.test")"));
    const Ran text = showip_in_world({"--flags", "idn", "b\u00fccher.test"}, {"LC_ALL=C.UTF-8"});
    EXPECT_THAT(text.out, StartsWith("IP addresses for b\u00fccher.test (xn--bcher-kva.test):\n"));
}

TEST(ShowipDns, ManyAndDuplicateAddressesAreAllShown) {
    SHOWIP_IN_WORLD(ran, {"-s", "many.test", "dup.test"});
    EXPECT_EQ(ran.status, 0);
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 503U);
    EXPECT_EQ(std::set<std::string>(found.begin(), found.begin() + 500).size(), 500U);
    EXPECT_THAT(ran.err, HasSubstr("192.0.2.7 occurs in the answer 3 times"));
}

TEST(ShowipDns, AReaderThatLeavesEndsItQuietly) {
    const Ran ran = in_world(
        {"/bin/sh", "-c", "\"$0\" -s many.test many.test | head -n 1", SOCKBOX_BIN_DIR "/showip"});
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no python3 here";
    EXPECT_EQ(lines(ran.out).size(), 1U);
    EXPECT_EQ(ran.err, "");
}

TEST(ShowipDns, OddAddressesAreShownAndRemarkedOn) {
    SHOWIP_IN_WORLD(ran, {"-s", "mapped.test", "ll.test"});
    EXPECT_EQ(ran.out, "::ffff:127.0.0.1\nfe80::1\n");
    EXPECT_THAT(lines(ran.err),
                ElementsAre(HasSubstr("mapped into IPv6"), HasSubstr("needs a zone")));
}

TEST(ShowipDns, ReverseNamesAreConfirmedOrNot) {
    SHOWIP_IN_WORLD(ran, {"-x", "lookalike.test", "127.0.0.99", "192.0.2.66"});
    EXPECT_THAT(ran.out, HasSubstr("IPv4: 127.0.0.77  dual.test (not confirmed)\n"));
    EXPECT_THAT(ran.out, HasSubstr("IPv4: 127.0.0.99  no name (EAI_NONAME)\n"));
    EXPECT_THAT(ran.out, HasSubstr("\\x1b[31mred.test"));
    EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
    const Ran json = showip_in_world({"-jx", "127.0.0.1"});
    EXPECT_THAT(json.out, HasSubstr(R"("reverse":{"name":"localhost","confirmed":true})"));
}

TEST(ShowipDns, TheEnvironmentOfTheResolverDoesNoHarm) {
    const std::string much(65536, 'x');
    SHOWIP_IN_WORLD(ran, {"-s", "dual.test", "n1"},
                    {"RES_OPTIONS=" + much, "LOCALDOMAIN=test", "HOSTALIASES=/nonexistent"});
    EXPECT_EQ(ran.out, "::1\n127.0.0.1\n127.0.0.1\n");
    EXPECT_EQ(ran.status, 0);
    const Ran long_list = showip_in_world({"-s", "dual.test"}, {"LOCALDOMAIN=" + much});
    EXPECT_EQ(long_list.out, "::1\n127.0.0.1\n");
    const Ran long_path = showip_in_world({"-s", "-v", "n1.test"}, {"HOSTALIASES=" + much});
    EXPECT_EQ(long_path.out, "127.0.0.1\n");
    EXPECT_THAT(lines(long_path.err)[0], AllOf(StartsWith("showip: note: HOSTALIASES is set: xxx"),
                                               testing::SizeIs(testing::Lt(120))));
}

TEST(ShowipDns, ANameAnsweredAsAnotherIsReported) {
    SHOWIP_IN_WORLD(ran, {"-l", "n1", "n5", "n1.test", "n1.test."}, {"LOCALDOMAIN=test"});
    EXPECT_EQ(ran.err,
              "showip: note: 'n1' was resolved as n1.test: its domain is in the search list\n"
              "showip: note: 'n5' was resolved as n5.office\n");
    EXPECT_THAT(ran.out, Not(HasSubstr("CANONNAME"))) << "not asked for";
    const Ran json = showip_in_world({"-j", "n1"}, {"LOCALDOMAIN=test"});
    EXPECT_THAT(json.out, HasSubstr(R"("canonical_name":null)"));
    EXPECT_THAT(json.out, HasSubstr(R"("remarks":["'n1' was resolved as n1.test)"));
}

TEST(ShowipDns, AnAliasOfTheUserIsReported) {
    const TemporaryFile aliases("other n2.test\nN1 dual.test\n");
    SHOWIP_IN_WORLD(ran, {"-s", "n1", "n2.test"}, {"HOSTALIASES=" + aliases.path()});
    EXPECT_EQ(ran.out, "::1\n127.0.0.1\n127.0.0.1\n");
    EXPECT_EQ(ran.err, "showip: note: HOSTALIASES maps 'n1' to dual.test in DNS lookups\n");
}

TEST(ShowipDns, NoDescriptorLeftIsNoUnknownName) {
#if defined(SOCKBOX_SANITIZED) || !defined(NDEBUG)
    GTEST_SKIP() << "this build loads libraries, for which there is no descriptor either";
#endif
    std::string names;
    for (int i = 0; i < 50; ++i)
        names += "n" + std::to_string(i) + ".test\n";
    const TemporaryFile file(names);
    // Three standard streams and the file: no descriptor is left for a lookup.
    const Ran ran = in_world({"/bin/sh", "-c", "ulimit -n 4; exec \"$0\" -s -f \"$1\"",
                              SOCKBOX_BIN_DIR "/showip", file.path()});
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no python3 here";
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, HasSubstr("showip: resolve n0.test: Too many open files (EMFILE)\n"));
    EXPECT_THAT(ran.err, Not(HasSubstr("EAI_NONAME")));
}

// Only loopback has an address there, which AI_ADDRCONFIG ignores.
TEST(ShowipDns, FlagsActAsTheLibraryHasThem) {
    SHOWIP_IN_WORLD(mapped, {"-s", "-6", "--flags", "v4mapped", "n1.test"});
    EXPECT_EQ(mapped.out, "::ffff:127.0.0.1\n");
    EXPECT_EQ(mapped.err, "");
    EXPECT_EQ(showip_in_world({"-s", "-6", "--flags", "v4mapped", "dual.test"}).out, "::1\n");
    EXPECT_THAT(lines(showip_in_world({"-s", "-6", "--flags", "v4mapped,all", "dual.test"}).out),
                testing::UnorderedElementsAre("::1", "::ffff:127.0.0.1"));
    EXPECT_EQ(showip_in_world({"-s", "-6", "--flags", "all", "n1.test"}).status,
              tools::exit_unresolved);
    const Ran configured = showip_in_world({"-j", "--flags", "addrconfig", "dual.test"});
    EXPECT_THAT(configured.out, HasSubstr(R"("hints":{"flags":["AI_ADDRCONFIG"],)"));
    EXPECT_THAT(configured.out, HasSubstr(R"("address":"127.0.0.1")"));
}

// A locale with a decimal comma and letters of its own.
TEST(ShowipDns, ALocaleChangesNothingThatMachinesRead) {
    const TemporaryFile folder;
    const std::string locales = folder.path() + ".d";
    const Ran made =
        Process({"/bin/sh", "-c", "mkdir \"$0\" && localedef -i de_DE -f UTF-8 \"$0/de_DE.UTF-8\"",
                 locales})
            .wait(std::chrono::minutes(3));  // it compiles, which takes 10 s on an idle machine
    const Words german{"LC_ALL=de_DE.UTF-8", "LOCPATH=" + locales};
    const Words words{"-j", "--flags", "idn", "-t", "1.5", "--stats", "dual.test"};
    const Ran ran = showip_in_world(words, german);
    const Ran plain = showip_in_world(words, {"LC_ALL=C"});
    std::filesystem::remove_all(locales);
    if (made.status != 0 || ran.status == refused_world)
        GTEST_SKIP() << "no localedef, no private namespaces or no python3 here: " << made.err;
    const auto without_times = [](const std::string& text) {
        return std::regex_replace(without_origin(text), std::regex("_ns\":[0-9]+"), "_ns\":0");
    };
    EXPECT_EQ(without_times(ran.out), without_times(plain.out));
    EXPECT_EQ(ran.status, 0);
}

TEST(ShowipDns, AnInterruptEndsALookup) {
    const Ran ran = in_world({"timeout", "--foreground", "--preserve-status", "-s", "INT", "0.3",
                              SOCKBOX_BIN_DIR "/showip", "silent.test"});
    if (ran.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no python3 here";
    EXPECT_EQ(ran.status, 130);
    EXPECT_EQ(ran.out, "");
}

TEST(ShowipDns, EachSourceIsAskedAlone) {
    SHOWIP_IN_WORLD(ran, {"--by-source", "n1.test", "files.test", "nxdomain.test"});
    EXPECT_EQ(ran.status, tools::exit_unresolved);
    const Words found = lines(ran.out);
    ASSERT_EQ(found.size(), 14U) << ran.out;
    EXPECT_THAT(found[2],
                StartsWith("  files: error -2: Name or service not known (EAI_NONAME), in "));
    EXPECT_THAT(found[3], StartsWith("  dns: 127.0.0.1, in "));
    EXPECT_EQ(found[5], "IP addresses for files.test:");
    EXPECT_THAT(found[7], StartsWith("  files: 127.0.0.1, in "));
    EXPECT_THAT(found[8], StartsWith("  dns: error -2: "));
    EXPECT_THAT(lines(ran.err), ElementsAre(HasSubstr("resolve nxdomain.test: error -2: ")));
    const Ran json = showip_in_world({"-j", "--by-source", "-t", "200ms", "silent.test"});
    EXPECT_THAT(lines(json.out),
                ElementsAre(HasSubstr(R"("source":"files")"),
                            AllOf(HasSubstr(R"("source":"dns")"), HasSubstr("EAI_AGAIN"))));
}

TEST(ShowipDns, SourcesAreTakenAsTheLibraryTakesThem) {
    const auto sources = [](const std::string& line, const Words& words) {
        return showip_in_world(words, {"FAKEDNS_HOSTS_LINE=" + line});
    };
    const Ran missing = sources("hosts: nosuchmodule files", {"--by-source", "localhost"});
    if (missing.status == refused_world)
        GTEST_SKIP() << "no private namespaces or no python3 here";
    EXPECT_THAT(missing.out, HasSubstr("  nosuchmodule: not installed (EBUSY), in "));
    EXPECT_EQ(missing.status, 0);
    const Ran last = sources("hosts: files\\nhosts: dns", {"--by-source", "n1.test"});
    EXPECT_THAT(last.out, AllOf(HasSubstr("  dns: 127.0.0.1"), Not(HasSubstr("  files: "))));
    EXPECT_THAT(sources("hosts\tfiles", {"--by-source", "localhost"}).out,
                Not(HasSubstr("  dns: ")));
    for (const char* line : {"hosts:", "hosts: [NOTFOUND=return]"})
        for (const Words& words : std::vector<Words>{{"-J", "4", "localhost", "n1.test", "a", "b"},
                                                     {"--by-source", "localhost", "n1.test"},
                                                     {"-x", "127.0.0.1"}}) {
            const Ran none = sources(line, words);
            EXPECT_THAT(none.err + none.out, HasSubstr("names no source")) << line;
            EXPECT_LE(none.status, 3) << line;
        }
    EXPECT_THAT(sources("hosts: nosuchmodule", {"localhost"}).err,
                HasSubstr("no source of names in /etc/nsswitch.conf is installed (EBUSY)"));
}

TEST(ShowipDns, AMappedAddressOrAZoneIsConfirmed) {
    SHOWIP_IN_WORLD(ran, {"-x", "::ffff:127.0.0.1"});
    EXPECT_THAT(ran.out, HasSubstr("::ffff:127.0.0.1  localhost (confirmed)\n"));
}

TEST(ShowipDns, AMissingRouteIsReported) {
    SHOWIP_IN_WORLD(ran, {"--source", "192.0.2.1", "127.0.0.1"});
    EXPECT_THAT(ran.out, HasSubstr("IPv4: 192.0.2.1  no route (ENETUNREACH)\n"));
    EXPECT_THAT(ran.out, HasSubstr("IPv4: 127.0.0.1  from 127.0.0.1 by lo\n"));
}

TEST(ShowipDns, WhateverIsAskedTheAnswersAreJson) {
    const Words hosts{
        "dual.test",   "nodata.test",      "nxdomain.test",       "servfail.test", "loop.test",
        "many.test",   "dup.test",         "mapped.test",         "ll.test",       "chain.test",
        "silent.test", "lookalike.test",   "192.0.2.66",          "127.1",         "::1%lo",
        "a..b",        "b\u00fccher.test", std::string(300, 'a'), "\x1b \"\\\xff"};
    for (const Words& options : std::vector<Words>{{},
                                                   {"--canonname", "-p", "http", "--source"},
                                                   {"-x", "--stats"},
                                                   {"--by-source"},
                                                   {"-c", "-p", "1"},
                                                   {"-p", "nosuch"}}) {
        Words words{"/bin/sh",
                    "-c",
                    "\"$@\" 2>/dev/null | /usr/bin/python3 -c 'import json, sys\n"
                    "for line in sys.stdin: print(json.loads(line)[\"tool\"])'",
                    "sh",
                    SOCKBOX_BIN_DIR "/showip",
                    "-j",
                    "-t",
                    "300ms"};
        words.insert(words.end(), options.begin(), options.end());
        words.insert(words.end(), hosts.begin(), hosts.end());
        const Ran ran = in_world(words);
        if (ran.status == refused_world)
            GTEST_SKIP() << "no private namespaces or no python3 here";
        EXPECT_EQ(ran.err, "");
        EXPECT_THAT(lines(ran.out),
                    AllOf(testing::SizeIs(testing::Ge(hosts.size())), testing::Each("showip")));
    }
}

// RFC 6724 sorts the unreachable address last, and --source does not change the order.
TEST(ShowipDns, SourcesChangeNoOrder) {
    SHOWIP_IN_WORLD(plain, {"-s", "far.test", "dual.test"});
    EXPECT_EQ(plain.out, "127.0.0.1\n2001:db8::5\n::1\n127.0.0.1\n");
    EXPECT_EQ(showip_in_world({"--source", "far.test", "dual.test"}).out,
              "IP addresses for far.test:\n\n"
              "  IPv4: 127.0.0.1  from 127.0.0.1 by lo\n"
              "  IPv6: 2001:db8::5  no route (ENETUNREACH)\n\n"
              "IP addresses for dual.test:\n\n"
              "  IPv6: ::1  from ::1 by lo\n"
              "  IPv4: 127.0.0.1  from 127.0.0.1 by lo\n");
}

}  // namespace
}  // namespace sockbox::test
