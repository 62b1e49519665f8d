// udpecho --stamp: STAMP (RFC 8762) in place of the echo protocol, on both sides.
#pragma once

#include <memory>
#include <optional>

#include "net/stamp.h"
#include "probe/lanes/stamp_form.h"
#include "serve/datagrams/stamp_reflector.h"
#include "tools/front/cli.h"

namespace sockbox::tools {

class Stamp {
  public:
    // --stamp --stateful --stamp-format
    void declare(Cli& cli);
    bool is_wanted() const { return wanted_; }

    // What is wrong with the options together, in words; empty where nothing is.
    std::string mistake(const Cli& cli) const;

    // The Session-Sender: its datagrams, of `size` bytes, and what it is about the size.
    std::string size_mistake(std::size_t size, std::optional<int> dscp) const;
    std::unique_ptr<probe::DatagramForm> form(std::size_t size, std::optional<int> dscp,
                                              std::uint64_t first_sequence) const;

    // The Session-Reflector.
    serve::StampReflectorOptions reflector() const { return {stateful_, format()}; }

  private:
    net::stamp::Format format() const {
        return format_ == 0 ? net::stamp::Format::ntp : net::stamp::Format::ptp;
    }

    bool wanted_ = false;
    bool stateful_ = false;
    std::size_t format_ = 0;
};

}  // namespace sockbox::tools
