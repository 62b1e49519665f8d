// Tests of sockopt on sockets in use: dumps do not disturb them, and every change is reported.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "net/streams.h"
#include "tests/cli/sockopt/run.h"
#include "tests/support.h"
#include "text/text.h"
#include "text/units.h"

namespace sockbox::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The time that this thread has been ready to run without having a processor (proc(5), schedstat).
class WaitForProcessor {
  public:
    std::chrono::nanoseconds so_far() const {
        std::array<char, 64> text{};
        if (::pread(file_.native(), text.data(), text.size() - 1, 0) <= 0)
            return std::chrono::nanoseconds(0);
        const auto numbers = net::split(text.data(), " ");
        return std::chrono::nanoseconds(net::parse_integer(numbers[1], 0, INT64_MAX).value_or(0));
    }

  private:
    net::Socket file_{::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)};
};

// How often this thread has waited so far, whether stopped or for a lock.
long waits_so_far() {
    rusage used{};
    ::getrusage(RUSAGE_THREAD, &used);
    return used.ru_nvcsw;
}

// A connection over which one thread sends and receives as fast as it can, in a pattern that
// reveals lost bytes. By itself it never waits.
class Transfer {
  public:
    Transfer() {
        EXPECT_TRUE(client_.set_blocking(false) && server_.set_blocking(false));
        thread_ = std::thread([this] { run(); });
    }
    ~Transfer() { stop(); }

    const net::Socket& client() const { return client_; }
    const net::Socket& server() const { return server_; }

    // How often it was held up for 10 ms since the last call: it had to wait, or data that was sent
    // did not arrive. Times without a processor do not count, nor do pauses of a whole virtual
    // machine.
    int stalls() {
        const int before = pieces_;  // so that a stall in progress is counted
        const auto end = net::deadline_in(std::chrono::seconds(10));
        while (pieces_ == before && net::Clock::now() < end)
            std::this_thread::yield();
        return stalls_.exchange(0);
    }

    void stop() {
        if (!stopped_.exchange(true))
            thread_.join();
    }
    std::size_t sent() const { return sent_; }
    std::size_t received() const { return received_; }
    bool intact() const { return intact_; }

  private:
    static constexpr std::size_t period = 251;
    static constexpr std::size_t piece = period * 64;

    void run() {
        std::vector<std::byte> data(period + piece);
        for (std::size_t i = 0; i < data.size(); ++i)
            data[i] = static_cast<std::byte>(i % period);
        const WaitForProcessor wait;
        auto last = net::Clock::now() - wait.so_far();
        for (long waits = waits_so_far(), in_vain = 0; !stopped_;) {
            const auto put = client_.send(std::span(data).subspan(sent_ % period, piece));
            sent_ += put.done() ? put.bytes : 0;
            if (!receive()) {
                ++in_vain;
                continue;
            }
            const auto now = net::Clock::now() - wait.so_far();
            const long all_waits = waits_so_far();
            const bool held = all_waits != std::exchange(waits, all_waits) || in_vain > 0;
            if (now - std::exchange(last, now) > std::chrono::milliseconds(10) && held)
                ++stalls_;
            in_vain = 0;
            ++pieces_;
        }
        EXPECT_TRUE(client_.shutdown(net::ShutdownHow::send) && server_.set_blocking(true));
        while (receive()) {
        }
    }

    // Returns whether there was anything to receive.
    bool receive() {
        const auto got = server_.receive(buffer_);
        if (!got.done())
            return false;
        for (std::size_t i = 0; i < got.bytes; ++i)
            intact_ = intact_ && buffer_[i] == static_cast<std::byte>((received_ + i) % period);
        received_ += got.bytes;
        return true;
    }

    net::Socket listener_ = net::listen_on(net::Endpoint::loopback(net::Family::ipv4)).value();
    net::Socket client_ = net::connect_to(listener_.local().value()).value();
    net::Socket server_ = net::accept(listener_, true).socket;
    std::vector<std::byte> buffer_ = std::vector<std::byte>(65536);
    std::atomic<bool> stopped_ = false;
    std::atomic<int> stalls_ = 0;
    std::atomic<int> pieces_ = 0;  // received so far
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
    bool intact_ = true;
    std::thread thread_;
};

// A thousand dumps of a fully loaded connection hold it up no more often than dumps of an unrelated
// socket do. The latter are the baseline, because the machine may delay data by itself.
TEST(SockoptInUse, ATransferGoesOnUnharmed) {
    const auto idle = net::Socket::open(net::Family::ipv4, net::Transport::tcp).value();
    Transfer transfer;
    const auto stalls_beside = [&](std::initializer_list<const net::Socket*> dumped) {
        transfer.stalls();
        for (int i = 0; i < 10; ++i)
            for (const net::Socket* socket : dumped)
                EXPECT_EQ(sockopt({"--pid", std::to_string(::getpid()), "--fd",
                                   std::to_string(socket->native())})
                              .status,
                          0);
        return transfer.stalls();
    };
    int with = 0;
    int without = 0;
    const auto end = net::deadline_in(std::chrono::seconds(8));
    for (int round = 0; round < 50 && (round < 5 || net::Clock::now() < end); ++round) {
        without += stalls_beside({&idle, &idle});
        with += stalls_beside({&transfer.client(), &transfer.server()});
    }
    transfer.stop();
    EXPECT_GT(transfer.received(), 0U);
    EXPECT_EQ(transfer.received(), transfer.sent());
    EXPECT_TRUE(transfer.intact());
    // On a busy machine a process may lose its processor while it holds a socket's lock.
    constexpr int by_chance = 3;
    EXPECT_LE(with, without + by_chance);
    RecordProperty("stalls", with);
    RecordProperty("stalls_beside_another_socket", without);
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

// Applies the settings in a process of its own that is sent the signal after this time; returns its
// output.
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

// Whenever it is ended, at any of a thousand moments, the output names everything that was changed;
// and settings are applied in order.
TEST(SockoptInUse, NoChangeGoesUnreported) {
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
    std::map<std::size_t, int> changes;  // key: how many settings were made; value: how often
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
    // The moments were neither all before the start nor all after the end.
    EXPECT_GT(changes.size(), 1U);
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
