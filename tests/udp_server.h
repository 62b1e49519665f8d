// udpecho --listen as the server of a test.
#pragma once

#include "tests/ready_line.h"
#include "tests/support.h"

namespace sockbox::test {

// Runs it in a process of its own, on a free port of 127.0.0.1.
class UdpServer {
  public:
    explicit UdpServer(const Words& options = {})
        : process_([&] {
              Words words{"udpecho", "--listen", "-p", "0", "-b", "127.0.0.1"};
              words.insert(words.end(), options.begin(), options.end());
              return words;
          }()),
          port_(port_in(process_.read_line())) {}
    const std::string& port() const { return port_; }

  private:
    Process process_;
    std::string port_;
};

}  // namespace sockbox::test
