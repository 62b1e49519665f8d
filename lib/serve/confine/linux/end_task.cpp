// A child at the other end of a pair of sockets, of which it sees the end.
#include "serve/confine/end_task.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <new>

#include "net/socket.h"
#include "serve/linux/descriptors.h"

namespace sockbox::serve {
namespace {

// Not 0 bytes, but EOF, ends the wait: the other end is closed when its process ends.
void wait_for_end(int socket) {
    std::array<char, 64> unused{};
    ssize_t got = 0;
    do {
        got = ::read(socket, unused.data(), unused.size());
    } while (got > 0 || (got < 0 && errno == EINTR));
}

// A terminal or service manager sends its signals to all processes of a group.
[[noreturn]] void run_child(int socket, const std::function<std::string()>& act) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE})
        ::signal(number, SIG_IGN);
    ::prctl(PR_SET_NAME, "at the end");
    close_sockets_but(socket);
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        ::close(stream);
    wait_for_end(socket);
    try {
        const std::string message = act();
        [[maybe_unused]] const auto put = ::write(socket, message.data(), message.size());
    } catch (const std::bad_alloc&) {
    }
    std::_Exit(0);
}

// Makes the child act, and waits for its message.
std::string message_from(net::Socket& child) {
    std::string message;
    if (!child.shutdown(net::ShutdownHow::send))
        return message;
    std::array<char, 4096> some{};
    for (ssize_t got = 1; got > 0 || (got < 0 && errno == EINTR);) {
        got = ::read(child.native(), some.data(), some.size());
        message.append(some.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    }
    return message;
}

}  // namespace

net::Result<EndTask> EndTask::start(std::function<std::string()> act) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return net::fail_last("socketpair");
    const auto ours = std::make_shared<net::Socket>(ends[0]);
    net::Socket theirs(ends[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return net::fail_last("fork");
    if (child == 0)
        run_child(theirs.native(), act);
    return EndTask([ours] { return message_from(*ours); });
}

}  // namespace sockbox::serve
