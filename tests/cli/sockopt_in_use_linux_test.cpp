// Sockets in use: dumps do not hold them up, and no change to them goes untold.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "net/streams.h"
#include "tests/support.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Ran sockopt(const Words& args) {
    return run(tools::sockopt, args);
}

// Data that flows through a connection as fast as it can, in a pattern that shows a lost byte.
class Transfer {
  public:
    Transfer() : reader_([this] { read_all(); }), writer_([this] { write_all(); }) {}
    ~Transfer() { stop(); }

    const net::Socket& client() const { return client_; }
    const net::Socket& server() const { return server_; }

    // The longest time between two receives since the last call.
    std::chrono::nanoseconds longest_gap() { return std::chrono::nanoseconds(gap_.exchange(0)); }

    void stop() {
        if (stopped_.exchange(true))
            return;
        writer_.join();
        reader_.join();
    }
    std::size_t sent() const { return sent_; }
    std::size_t received() const { return received_; }
    bool intact() const { return intact_; }

  private:
    static std::byte pattern(std::size_t at) { return static_cast<std::byte>(at % 251); }

    void write_all() {
        std::vector<std::byte> data(251 * 64);
        for (std::size_t i = 0; i < data.size(); ++i)
            data[i] = pattern(i);
        while (!stopped_ && net::send_all(client_, data))
            sent_ += data.size();
        EXPECT_TRUE(client_.shutdown(net::ShutdownHow::send));
    }

    void read_all() {
        std::vector<std::byte> buffer(65536);
        for (auto last = net::Clock::now();;) {
            const auto got = server_.receive(buffer);
            if (!got.done())
                return;
            for (std::size_t i = 0; i < got.bytes; ++i)
                intact_ = intact_ && buffer[i] == pattern(received_ + i);
            received_ += got.bytes;
            const auto now = net::Clock::now();
            const std::int64_t gap =
                std::chrono::nanoseconds(now - std::exchange(last, now)).count();
            gap_ = std::max<std::int64_t>(gap_, gap);
        }
    }

    net::Socket listener_ = net::listen_on(net::Endpoint::loopback(net::Family::ipv4)).value();
    net::Socket client_ = net::connect_to(listener_.local().value()).value();
    net::Socket server_ = net::accept(listener_, true).socket;
    std::atomic<bool> stopped_ = false;
    std::atomic<std::int64_t> gap_ = 0;
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
    bool intact_ = true;
    std::thread reader_;
    std::thread writer_;
};

// A thousand dumps of a connection under full load do not hold it up: beside dumps of a socket
// that has nothing to do with it, which take the machine as much time. The best of many rounds is
// what is left when the machine's other work is gone: a dump that stalls would stall in each.
TEST(SockoptInUse, ATransferGoesOnUnharmed) {
    const auto idle = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    Transfer transfer;
    const auto longest_gap = [&](std::initializer_list<const net::Socket*> dumped) {
        transfer.longest_gap();
        for (int i = 0; i < 10; ++i)
            for (const net::Socket* socket : dumped)
                EXPECT_EQ(sockopt({"--pid", std::to_string(::getpid()), "--fd",
                                   std::to_string(socket->native())})
                              .status,
                          0);
        const auto gap = transfer.longest_gap();
        return gap.count() > 0 ? gap : std::chrono::nanoseconds::max();  // nothing came
    };
    auto with = std::chrono::nanoseconds::max();
    auto without = with;
    const auto end = net::deadline_in(std::chrono::seconds(8));
    for (int round = 0; round < 50 && (round < 5 || net::Clock::now() < end); ++round) {
        without = std::min(without, longest_gap({&idle, &idle}));
        with = std::min(with, longest_gap({&transfer.client(), &transfer.server()}));
    }
    transfer.stop();
    EXPECT_GT(transfer.received(), 0U);
    EXPECT_EQ(transfer.received(), transfer.sent());
    EXPECT_TRUE(transfer.intact());
    EXPECT_LT(with - without, std::chrono::milliseconds(10));
}

struct Setting {
    const char* word;
    std::string name;
    int level;
    int number;
    int changed;
};

const std::vector<Setting> settings{
    {"SO_KEEPALIVE=on", "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, 1},
    {"TCP_NODELAY=on", "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, 1},
    {"TCP_KEEPIDLE=77", "TCP_KEEPIDLE", IPPROTO_TCP, TCP_KEEPIDLE, 77},
    {"TCP_KEEPCNT=5", "TCP_KEEPCNT", IPPROTO_TCP, TCP_KEEPCNT, 5}};

// Makes the settings in a process of its own, which gets the signal after that time; what it told.
std::string set_and_be_ended(const net::Socket& socket, std::chrono::microseconds after,
                             int signal) {
    Words words{"--pid", std::to_string(::getpid()), "--fd", std::to_string(socket.native())};
    for (const Setting& setting : settings)
        words.emplace_back(setting.word);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return {};
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        tools::Output out(STDOUT_FILENO, tools::Output::Buffering::full);
        tools::Output err(STDERR_FILENO, tools::Output::Buffering::none);
        ::_exit(tools::sockopt(words, {STDIN_FILENO, out, err}));
    }
    ::close(ends[1]);
    const net::Socket output(ends[0]);
    std::this_thread::sleep_for(after);
    ::kill(pid, signal);
    std::string told;
    std::array<char, 1024> buffer{};
    for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
        told.append(buffer.data(), static_cast<std::size_t>(got));
    ::waitpid(pid, nullptr, 0);
    return told;
}

// Ended at any of a thousand moments, the output names whatever was changed; and nothing is changed
// without what comes before it.
TEST(SockoptInUse, NoChangeGoesUntold) {
    const auto begin = net::Clock::now();
    {
        auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
        const std::string told = set_and_be_ended(socket, std::chrono::seconds(0), 0);
        if (told.find("TCP_KEEPCNT: ") == told.npos)
            GTEST_SKIP() << "the process's sockets cannot be had here";
    }
    const auto whole =
        std::chrono::duration_cast<std::chrono::microseconds>(net::Clock::now() - begin);
    std::minstd_rand random(20);
    std::map<std::size_t, int> changes;  // how many were made, how often
    for (int round = 0; round < 1000 && net::Clock::now() - begin < std::chrono::seconds(8);
         ++round) {
        auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
        const std::chrono::microseconds moment(random() % static_cast<unsigned>(whole.count()));
        const std::string told =
            set_and_be_ended(socket, moment, round % 2 == 0 ? SIGKILL : SIGINT);
        std::size_t changed = 0;
        for (const Setting& setting : settings) {
            if (socket.option(setting.level, setting.number).value() != setting.changed)
                continue;
            EXPECT_EQ(&setting, &settings[changed++]) << setting.name << " in round " << round;
            EXPECT_THAT(told, HasSubstr(setting.name + ": ")) << " in round " << round;
        }
        ++changes[changed];
    }
    EXPECT_GT(changes.size(), 1U);  // the moments were not all before it began, nor all after it
}

TEST(SockoptInUse, ARefusedChangeIsNamedBesideThoseThatWereMade) {
    auto socket = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    const std::string pid = std::to_string(::getpid());
    const std::string fd = std::to_string(socket.native());
    const Ran ran =
        sockopt({"--pid", pid, "--fd", fd, "nodelay=on", "IPV6_V6ONLY=on", "keepalive=on"});
    EXPECT_EQ(ran.status, tools::exit_refused);
    EXPECT_THAT(ran.out, HasSubstr("TCP_NODELAY: off -> on\n"));
    EXPECT_THAT(ran.out, HasSubstr("IPV6_V6ONLY: refused\n"));
    EXPECT_EQ(socket.option(SOL_SOCKET, SO_KEEPALIVE).value(), 0);
    const Ran json = sockopt({"--json", "--pid", pid, "--fd", fd, "keepalive=on"});
    EXPECT_THAT(lines(json.out),
                testing::ElementsAre(AllOf(HasSubstr(R"("event":"setting")"),
                                           HasSubstr(R"("name":"SO_KEEPALIVE","before":false)")),
                                     HasSubstr(R"("before":false,"asked":true,"granted":true)")));
}

}  // namespace
}  // namespace sockbox::test
