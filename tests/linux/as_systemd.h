// What systemd is to a service: it passes sockets and hears notifications.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <string>

#include "net/socket.h"
#include "net/streams.h"
#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {

// Runs a command with sockets of these kinds (see socket_activation.py).
inline Process activated(const std::string& command, const std::string& kinds,
                         const Words& args = {}) {
    Words words{SOCKBOX_SOURCE_DIR "/tests/socket_activation.py", kinds,
                SOCKBOX_BIN_DIR "/" + command};
    words.insert(words.end(), args.begin(), args.end());
    return Process(words);
}

// A datagram socket at `path` ('@' for an abstract name) that receives a service's notifications.
class Manager {
  public:
    explicit Manager(std::string path) : path_(std::move(path)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path_.copy(address.sun_path, sizeof address.sun_path - 1);
        if (path_[0] == '@')
            address.sun_path[0] = '\0';
        socket_ = std::move(*net::Socket::open(AF_UNIX, SOCK_DGRAM, 0));
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size());
        EXPECT_EQ(::bind(socket_.native(),
                         static_cast<const sockaddr*>(static_cast<const void*>(&address)), length),
                  0);
    }
    std::string variable() const { return "NOTIFY_SOCKET=" + path_; }
    std::string hear() {
        if (net::wait_for(socket_, net::Direction::receive, net::deadline_in(patience)) !=
            net::Readiness::ready)
            return "nothing";
        std::string text(100, '\0');
        const auto got = socket_.receive(std::as_writable_bytes(std::span(text)));
        text.resize(got.bytes);
        return text;
    }

  private:
    std::string path_;
    net::Socket socket_;
};

}  // namespace sockbox::test
