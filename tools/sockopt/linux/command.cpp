// Passes a socket to a command by systemd's socket-activation protocol.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "text/text.h"
#include "tools/sockopt/command.h"

namespace sockbox::tools {
namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START

bool place(const net::Socket& socket) {
    if (socket.native() == first_descriptor)
        return ::fcntl(first_descriptor, F_SETFD, 0) == 0;
    return ::dup2(socket.native(), first_descriptor) == first_descriptor;
}

}  // namespace

net::Error exec_with_socket(std::vector<std::string> command, net::Socket socket) {
    if (!place(socket))
        return net::fail_last("pass on", "the socket").value();
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::unsetenv("LISTEN_FDNAMES");  // these would be about the descriptors that we were passed
    ::unsetenv("LISTEN_PIDFDID");
    std::vector<char*> words;
    for (std::string& word : command)
        words.push_back(word.data());
    words.push_back(nullptr);
    ::signal(SIGXFSZ, SIG_DFL);  // we ignore it, but the command may rely on the default
    ::execvp(words[0], words.data());
    return net::fail_last("run", net::escape(command[0])).value();
}

}  // namespace sockbox::tools
