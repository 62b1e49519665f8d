// Tests of sockopt on hundreds of sockets, which several threads read.
#include <gtest/gtest.h>

#include "net/streams.h"
#include "option/option.h"
#include "paths.h"
#include "tests/cli/sockopt/run.h"
#include "tests/linux/child.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

// Several batches for each thread.
constexpr std::size_t number = 800;

// TCP sockets, alternating between the families.
std::vector<net::Socket> many_sockets() {
    std::vector<net::Socket> sockets;
    while (sockets.size() < number) {
        const auto family = sockets.size() % 2 == 0 ? net::Family::ipv4 : net::Family::ipv6;
        sockets.push_back(net::Socket::open(family, net::Transport::tcp).value());
    }
    return sockets;
}

// The lines of a dump except those whose values change all the time.
Words steady(const Words& dump) {
    Words kept;
    for (const std::string& line : dump)
        if (line.find(" TCP_TIMESTAMP = ") == line.npos && line.find(" last_data_") == line.npos)
            kept.push_back(line);
    return kept;
}

// The first lines that differ.
std::string difference(const Words& a, const Words& b) {
    if (a.size() != b.size())
        return std::to_string(a.size()) + " and " + std::to_string(b.size()) + " lines";
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i])
            return a[i] + "\n" + b[i];
    return {};
}

// The part of a dump about one socket, from its heading to the empty line.
Words section(const Words& dump, int descriptor) {
    const std::string mark = "] fd " + std::to_string(descriptor) + " ";
    Words found;
    for (const std::string& line : dump) {
        const bool heading = line.find("] fd ") != line.npos;
        if (!found.empty() && (heading || line.empty()))
            break;
        if (!found.empty() || (heading && line.find(mark) != line.npos))
            found.push_back(line);
    }
    return found;
}

TEST(SockoptMany, EachOfManyPrintsAsItDoesAlone) {
    auto sockets = many_sockets();
    const std::vector<std::string_view> settings{"SO_KEEPALIVE=on",    "TCP_NODELAY=on",
                                                 "SO_PRIORITY=2",      "TCP_USER_TIMEOUT=900",
                                                 "IP_TOS=0x20",        "SO_RCVBUF=50000",
                                                 "SO_LINGER=on,3",     "TCP_CONGESTION=reno",
                                                 "TCP_KEEPCNT=3",      "TCP_DEFER_ACCEPT=3",
                                                 "SO_REUSEPORT=on",    "SO_RCVTIMEO=2s",
                                                 "TCP_QUICKACK=off",   "TCP_NOTSENT_LOWAT=1000",
                                                 "IP_FREEBIND=on",     "IP_TTL=9",
                                                 "SO_BUF_LOCK=SNDBUF", "TCP_CORK=on",
                                                 "SO_TIMESTAMPNS=on",  "IPV6_V6ONLY=on"};
    std::vector<const net::Socket*> changed;
    for (std::size_t i = 0; i < settings.size(); ++i) {
        net::Socket& socket = sockets[number - 1 - i * 5];
        (void)apply(socket, net::parse_setting(settings[i]).value());
        changed.push_back(&socket);
    }
    const Child child;
    const Ran all = sockopt({"--pid", child.pid()});
    if (forbidden(all))
        GTEST_SKIP() << all.err;
    const Words told = lines(all.out);
    for (const net::Socket* socket : changed) {
        const int fd = socket->native();
        const Ran alone = sockopt({"--pid", child.pid(), "--fd", std::to_string(fd)});
        EXPECT_EQ(difference(steady(section(told, fd)), steady(lines(alone.out))), "");
    }
}

TEST(SockoptMany, JsonAndAllAreComplete) {
    const auto sockets = many_sockets();
    const Child child;
    const Ran json = sockopt({"--pid", child.pid(), "--json", "--all"});
    if (forbidden(json))
        GTEST_SKIP() << json.err;
    const Words told = lines(json.out);
    ASSERT_EQ(told.size(), number);
    const auto options = [](const std::string& line) {
        std::size_t found = 0;
        for (std::size_t at = 0; (at = line.find("{\"name\":", at)) != line.npos; ++at)
            ++found;
        return found;
    };
    for (std::size_t i = 2; i < told.size(); ++i)
        EXPECT_EQ(options(told[i]), options(told[i - 2])) << i;
}

// The number of available descriptors decides how sockets are read, not what is printed.
TEST(SockoptMany, FewDescriptorsMakeNoDifference) {
#ifdef SOCKBOX_SANITIZED
    GTEST_SKIP() << "the sanitizer wants descriptors of its own";
#endif
    auto sockets = many_sockets();
    for (std::size_t i = 0; i < sockets.size(); i += 3)
        ASSERT_TRUE(sockets[i].set_option(SOL_SOCKET, SO_KEEPALIVE, 1));
    const Child child;
    const auto told = [&](int limit) {
        return Process({"/bin/sh", "-c",
                        "ulimit -n " + std::to_string(limit) +
                            "; exec " SOCKBOX_SH_BIN "/sockopt --diff --pid " + child.pid()})
            .wait();
    };
    const Ran all = told(1000);
    if (forbidden(all))
        GTEST_SKIP() << all.err;
    EXPECT_EQ(all.status, 0) << all.err;
    for (const int limit : {9, 12, 20, 24, 28, 40}) {
        const Ran few = told(limit);
        EXPECT_EQ(few.status, 0) << limit << ": " << few.err;
        EXPECT_EQ(few.out, all.out) << limit;
    }
}

}  // namespace
}  // namespace sockbox::test
