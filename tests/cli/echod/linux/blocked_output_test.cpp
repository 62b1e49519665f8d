// Tests of echod and udpecho --listen when nobody reads their log or ready lines.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <spawn.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <tuple>
#include <utility>

#include "paths.h"
#include "tests/echod_client.h"
#include "text/units.h"

namespace sockbox::test {
namespace {

// The two ends of a full pipe, or a terminal that Ctrl-S has stopped.
class Blocked {
  public:
    explicit Blocked(bool terminal) {
        if (terminal) {
            EXPECT_EQ(::openpty(&read_end_, &write_end_, nullptr, nullptr, nullptr), 0);
            EXPECT_EQ(::tcflow(write_end_, TCOOFF), 0);
            return;
        }
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
        read_end_ = ends[0];
        write_end_ = ends[1];
        ::fcntl(write_end_, F_SETFL, O_NONBLOCK);
        const std::string much(4096, '\n');
        while (::write(write_end_, much.data(), much.size()) > 0) {
        }
        ::fcntl(write_end_, F_SETFL, 0);
    }
    Blocked(const Blocked&) = delete;
    Blocked& operator=(const Blocked&) = delete;
    ~Blocked() {
        ::close(read_end_);
        ::close(write_end_);
    }
    int write_end() const { return write_end_; }

    // Reads everything until the writers are gone.
    std::string read_all() {
        ::close(std::exchange(write_end_, -1));
        std::string all;
        std::array<char, 4096> some{};
        for (ssize_t got = 0; (got = ::read(read_end_, some.data(), some.size())) > 0;)
            all.append(some.data(), static_cast<std::size_t>(got));
        return all;
    }

  private:
    int read_end_ = -1;
    int write_end_ = -1;
};

Words echod_with(const std::string& engine) {
    return {SOCKBOX_BIN_DIR "/echod", "-v",  "-e", engine, "--drain-timeout", "1s",
            "--max-connections",      "1000"};
}

// A server with standard output and standard error as given.
class Server {
  public:
    Server(Words words, int out, int err) {
        const TemporaryFile port_file;
        std::filesystem::remove(port_file.path());
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
        for (const std::string& word : Words{"-b", "127.0.0.1", "-p", "0", "--port-file"})
            words.push_back(word);
        words.push_back(port_file.path());
        std::vector<char*> arguments;
        for (std::string& word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        EXPECT_EQ(::posix_spawn(&pid_, words.front().c_str(), &actions, nullptr, arguments.data(),
                                environ),
                  0);
        ::posix_spawn_file_actions_destroy(&actions);
        const auto deadline = net::deadline_in(patience);
        while (port_.empty() && net::Clock::now() < deadline) {
            std::ifstream file(port_file.path());
            std::getline(file, port_);
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server() {
        if (pid_ > 0)
            ::kill(pid_, SIGKILL);
    }

    const std::string& port() const { return port_; }
    void send_signal(int number) const { ::kill(pid_, number); }

    // The wait status, or -1 if it does not end.
    int wait() {
        const auto deadline = net::deadline_in(patience);
        int status = -1;
        while (::waitpid(pid_, &status, WNOHANG) == 0) {
            if (net::Clock::now() > deadline)
                return -1;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        pid_ = -1;
        return status;
    }

  private:
    pid_t pid_ = -1;
    std::string port_;
};

class BlockedLog : public testing::TestWithParam<std::tuple<std::string, bool>> {
  protected:
    void SetUp() override {
        const auto* engine = serve::find_engine(std::get<0>(GetParam()));
        if (const auto available = engine->available(); !available)
            GTEST_SKIP() << available.error().message();
    }
};

INSTANTIATE_TEST_SUITE_P(Echod, BlockedLog,
                         testing::Combine(testing::ValuesIn(engine_names()), testing::Bool()),
                         [](const auto& row) {
                             return std::get<0>(row.param) +
                                    (std::get<1>(row.param) ? "_terminal" : "_pipe");
                         });

TEST_P(BlockedLog, DelaysNeitherClientsNorTheEnd) {
    const auto& [engine, terminal] = GetParam();
    const Blocked blocked(terminal);
    Server server(echod_with(engine), blocked.write_end(), blocked.write_end());
    ASSERT_NE(server.port(), "");
    for (int i = 0; i < 20; ++i) {
        auto client = connect(server.port());
        expect_served(client);
        server.send_signal(SIGUSR1);
    }
    server.send_signal(SIGTERM);
    server.send_signal(SIGTERM);
    EXPECT_NE(server.wait(), -1) << "does not end";
}

TEST(UdpechoListen, EndsAtTheFirstSignalAlthoughNobodyReadsIt) {
    for (const bool terminal : {false, true})
        for (const char* option : {"-v", "--json", "--stamp"}) {
            const Blocked blocked(terminal);
            Server server({SOCKBOX_BIN_DIR "/udpecho", "--listen", option}, blocked.write_end(),
                          blocked.write_end());
            ASSERT_NE(server.port(), "");
            server.send_signal(SIGUSR1);
            server.send_signal(SIGTERM);
            EXPECT_EQ(server.wait(), 0) << option;
        }
}

TEST(Log, ThatIsNotReadLosesLinesAndSaysHowMany) {
    Blocked blocked(false);
    Server server(echod_with("epoll"), blocked.write_end(), blocked.write_end());
    ASSERT_NE(server.port(), "");
    for (int i = 0; i < 3000; ++i) {  // about 130 bytes each
        auto client = connect(server.port());
        expect_served(client);
    }
    std::string all;
    std::thread reader([&] { all = blocked.read_all(); });
    server.send_signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
    reader.join();
    EXPECT_THAT(all, testing::ContainsRegex("echod: [0-9]+ lines of this log dropped"));
}

}  // namespace
}  // namespace sockbox::test
