// What sockopt does with one socket after another: reads or sets what was asked, and tells it.
#pragma once

#include <memory>
#include <vector>

#include "inspect/outcome.h"
#include "inspect/set_and_read.h"
#include "tools/sockopt/outcome_writer.h"
#include "tools/sockopt/settings.h"

namespace sockbox::tools {

// How `settings` want it told.
TellOptions telling(const SockoptSettings& settings, bool dump, const Output& out);

// Whether it is the user's: a text against its grammar, or a value that only the socket shows to be
// out of range. What the system refuses is not.
bool is_mistake(const net::Error& error);

// From one thread at a time; several may be at work beside each other.
class Session {
  public:
    // `settings` and `requests` have to stay.
    Session(const SockoptSettings& settings, const std::vector<net::Request>& requests,
            const TellOptions& options, Io io)
        : settings_(settings),
          requests_(requests),
          io_(io),
          dump_(settings.work),
          teller_(make_teller(options, io.out)) {}

    // A socket that exists: a heading, and all that was asked. It is closed before it is told of,
    // so that a slow reader of ours does not hold up its owner's FIN.
    void work_on(net::ChosenSocket& target);

    // A new socket: its options are set, and it is put into its place, where it has one, before
    // they are read. False where it was refused there, and another place may be tried.
    bool work_on_new(net::ChosenSocket& target, const Place& place, bool last);

    // Puts a line on stderr, and makes the exit status at least that.
    void complain(const net::Error& error, int status);
    void note(const std::string& text, int status = exit_ok);

    int status() const { return status_; }
    std::size_t told() const { return told_; }  // outcomes
    bool closed() const { return closed_; }     // a socket that fits could not be had

  private:
    void tell(const net::Outcome& outcome);
    net::Status announce(const net::ChosenSocket& target, const net::Option& option,
                         const std::optional<net::OptionValue>& before);
    void carry_out(net::ChosenSocket& target, const net::Request& request);
    void carry_out_all(net::ChosenSocket& target);
    bool prepare(net::ChosenSocket& target, const Place& place, bool last);
    void dump(const net::ChosenSocket& target);
    void pass_over(const net::ChosenSocket& target);
    void end(net::ChosenSocket& target);
    void remark_on(const net::Outcome& outcome);
    void remark_on_companions(const net::ChosenSocket& target);

    const SockoptSettings& settings_;
    const std::vector<net::Request>& requests_;
    Io io_;
    net::Dump dump_;
    std::unique_ptr<Teller> teller_;
    int status_ = exit_ok;
    std::size_t told_ = 0;
    bool set_ = false;      // something on this socket
    bool refused_ = false;  // a set, which ends the work on this socket
    bool closed_ = false;
};

}  // namespace sockbox::tools
