// sockopt: get, set and explain socket options, on new, inherited and other processes' sockets.
#include <fmt/format.h>

#include <algorithm>

#include "net/escape.h"
#include "report/counted.h"
#include "tools/cli.h"
#include "tools/sockopt_catalog.h"
#include "tools/sockopt_command.h"
#include "tools/sockopt_report.h"
#include "tools/sockopt_request.h"
#include "tools/sockopt_search.h"
#include "tools/sockopt_target.h"
#include "tools/sockopt_teller.h"
#include "tools/sockopt_work.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "sockopt";

struct Settings {
    Common common;
    bool values = false;
    bool list = false;
    bool explain = false;
    bool strict = false;
    WorkOptions work;
    Selection selection;
    std::vector<std::string> words;
    std::vector<std::string> command;
};

void declare(Cli& cli, Settings& settings) {
    Selection& selection = settings.selection;
    cli.option("--type", "TYPE",
               "a new socket: tcp, udp, unix, unix-dgram, raw, mptcp or sctp (default tcp)",
               take_choice(selection.type, socket_type_names()));
    cli.option("--fd", "N", "an inherited descriptor; with --pid, one of that process",
               take_integer(selection.descriptor, 0, INT_MAX));
    cli.option("--pid", "PID", "the sockets of a running process",
               take_integer(selection.pid, 1, INT_MAX));
    cli.option("--process", "NAME", "the sockets of processes of that name",
               take_text(selection.process));
    cli.option("--port", "PORT", "the sockets with that local port", take_text(selection.port));
    cli.flag("--listening", "the sockets that wait for peers", selection.listening);
    cli.option("--listen", "[ADDR:]PORT", "a new socket that listens there",
               take_text(selection.listen));
    cli.option("--connect", "HOST:PORT", "a new socket that is connected there",
               take_text(selection.connect));
    cli.flag("-n,--values", "values only, one a line, in the order asked", settings.values);
    cli.flag("-a,--all", "also what cannot be read on this socket, with the reason",
             settings.work.all);
    cli.flag("--diff", "only what is not the default of a new socket", settings.work.diff);
    cli.flag("--strict", "exit status 3 where the value granted is not the value asked for",
             settings.strict);
    cli.flag("--force", "set buffers beyond their limits (CAP_NET_ADMIN)", settings.work.force);
    cli.flag("--list", "the options known here, those that fit PATTERN", settings.list);
    cli.flag("--explain", "what an option does: level, type, range, limits, manual page",
             settings.explain);
    cli.common(settings.common);
    cli.operands(settings.words, 0, SIZE_MAX);
    cli.example("sockopt SO_RCVBUF=1M TCP_KEEPIDLE=5m", "what the kernel makes of it");
    cli.example("sockopt --port 443 --listening nodelay reuseport", "what a running server has");
    cli.example("sockopt --listen :8080 SO_REUSEPORT=on -- server", "hands a socket over");
}

// One command line at work: what was asked, where to, and how it went.
class Session {
  public:
    Session(const Settings& settings, std::vector<Request> requests, Io io)
        : settings_(settings),
          requests_(std::move(requests)),
          io_(io),
          dump_(settings.work),
          teller_(make_teller(telling(), io.out)) {}

    int on_one_socket();
    int on_all_that_fit();

  private:
    bool wants(const Request& request, bool sets) const {
        return (request.action != Request::Action::read) == sets;
    }
    TellOptions telling() const;
    void tell(const Outcome& outcome);
    net::Status announce(const ChosenSocket& target, const net::Option& option,
                         const std::optional<net::OptionValue>& before);
    void carry_out(ChosenSocket& target, const Request& request);
    void carry_out_all(ChosenSocket& target);
    void dump(const ChosenSocket& target);
    void on_found(ChosenSocket& target);
    bool prepare(ChosenSocket& target, const Place& place, bool last);
    void remark_on(const Outcome& outcome);
    void remark_on(const Search& search);
    void remark_on_companions(const ChosenSocket& target);
    int fail(const net::Error& error);
    void note(const std::string& text) { io_.err.print("{}: {}\n", tool, text); }
    void worsen(int status) { status_ = std::max(status_, status); }

    const Settings& settings_;
    std::vector<Request> requests_;
    Io io_;
    Dump dump_;
    std::unique_ptr<Teller> teller_;
    int status_ = exit_ok;
    std::size_t told_ = 0;  // outcomes
    bool set_ = false;      // something on this socket
    bool closed_ = false;   // a socket that fits could not be had
    bool refused_ = false;  // a set, which ends the work on this socket
};

TellOptions Session::telling() const {
    const Selection& selection = settings_.selection;
    TellOptions options;
    options.json = settings_.common.json;
    options.values = settings_.values;
    options.failures = settings_.work.all;
    options.dump = requests_.empty();
    // A plain new socket has nothing to tell of itself.
    const bool somewhere =
        selection.descriptor || !selection.listen.empty() || !selection.connect.empty();
    options.heading = selection.searches() || (options.dump && somewhere);
    options.colored = settings_.common.colored(io_.out);
    return options;
}

// A mistake of the user that only the socket's present value could show.
bool is_mistake(const net::Error& error) {
    return error.code == std::make_error_code(std::errc::invalid_argument);
}

int Session::fail(const net::Error& error) {
    complain(io_, tool, error);
    return finish(io_, tool, is_mistake(error) ? exit_usage : status_of(error));
}

// What a value that was set or could not be read puts on stderr, and what it makes of the status.
void Session::remark_on(const Outcome& outcome) {
    if (outcome.failed()) {
        complain(io_, tool, outcome.value.error());
        return worsen(is_mistake(outcome.value.error()) ? exit_usage : exit_refused);
    }
    if (!outcome.change)
        return;
    if (!outcome.change->grant.hint.empty() && !settings_.common.quiet)
        note("hint: " + outcome.change->grant.hint);
    if (settings_.strict && !outcome.change->grant.as_asked) {
        note(text_of(outcome));
        worsen(exit_refused);
    }
}

void Session::remark_on(const Search& search) {
    if (search.cut_off) {
        complain(io_, tool, *search.cut_off);
        note("the list is not complete: the process ended meanwhile");
        worsen(exit_mismatch);
    }
    if (search.closed_to_us > 0 && !settings_.common.quiet)
        note(
            fmt::format("{} may not be looked into: that takes the same user, or "
                        "CAP_SYS_PTRACE",
                        report::counted(search.closed_to_us, "process", "processes")));
    if (search.found == 0) {
        note("no socket fits");
        worsen(exit_refused);
    }
}

void Session::tell(const Outcome& outcome) {
    ++told_;
    teller_->tell(outcome);
}

// A socket that others have too is looked at once more before it is changed, and the change is told
// ahead: whatever ends us, nothing was changed that the output does not name.
net::Status Session::announce(const ChosenSocket& target, const net::Option& option,
                              const std::optional<net::OptionValue>& before) {
    if (!target.descriptor)
        return {};
    if (auto same = check_identity(target); !same)
        return same;
    teller_->announce(option, before);
    return {};
}

// The first set that is refused ends it: what follows may have been meant to build on it.
void Session::carry_out(ChosenSocket& target, const Request& request) {
    if (refused_)
        return;
    const Outcome outcome = tools::carry_out(
        target.socket, target.facts, request, settings_.work,
        [&](const net::Option& option, const std::optional<net::OptionValue>& before) {
            return announce(target, option, before);
        });
    tell(outcome);
    remark_on(outcome);
    set_ = set_ || outcome.change;
    refused_ = request.action != Request::Action::read && !outcome.change;
    if (refused_ && &request != &requests_.back())
        note(fmt::format("{} was refused: what comes after it was left alone",
                         request.option.name()));
}

void Session::dump(const ChosenSocket& target) {
    dump_.read(target.socket, target.facts, [&](const Outcome& outcome) { tell(outcome); });
}

void Session::carry_out_all(ChosenSocket& target) {
    refused_ = false;
    set_ = false;
    if (requests_.empty())
        dump(target);
    // Who asks for TCP_NODELAY of many sockets means those that have it.
    const bool skips = settings_.selection.searches() && !settings_.work.all;
    for (const Request& request : requests_)
        if (!skips || applies(request.option.row(), target.facts.kind))
            carry_out(target, request);
    if (set_ && target.process && target.facts.kind.listening && !settings_.common.quiet)
        remark_on_companions(target);
}

// Who sets an option of a listener may mean all that its port serves.
void Session::remark_on_companions(const ChosenSocket& target) {
    const Companions others = companions_of(target);
    const int descriptor = target.descriptor.value_or(-1);
    note(
        fmt::format("fd {} listens: connections that it accepted before keep their own values ({} "
                    "of its port now)",
                    descriptor, others.accepted));
    if (others.sharing > 0 && !settings_.selection.searches())
        note(fmt::format("fd {}: {} more listen on its port (SO_REUSEPORT) and are as they were",
                         descriptor, others.sharing));
}

// Sets the options of a new socket and puts it into its place, where it has one: what is read
// shall tell of that state. False where it was refused and there is another place to try.
bool Session::prepare(ChosenSocket& target, const Place& place, bool last) {
    refused_ = false;
    for (const Request& request : requests_)
        if (wants(request, true))
            carry_out(target, request);
    if (refused_)
        return true;
    const auto up = bring_up(target, settings_.selection, place);
    if (up)
        return true;
    complain(io_, tool, up.error());
    refused_ = last;
    if (last)
        worsen(exit_refused);
    return last;
}

int Session::on_one_socket() {
    const auto where = places(settings_.selection);
    if (!where)
        return fail(where.error());
    for (const Place& place : *where) {
        auto target = open_target(settings_.selection, place);
        if (!target)
            return fail(target.error());
        if (!place) {
            teller_->begin(*target);
            carry_out_all(*target);
        } else if (!prepare(*target, place, &place == &where->back())) {
            continue;
        } else if (requests_.empty() && !refused_) {
            teller_->begin(*target);
            dump(*target);
        } else {
            for (const Request& request : requests_)
                if (wants(request, false))
                    carry_out(*target, request);
        }
        if (settings_.command.empty() || status_ != exit_ok) {
            target->socket.close();
            teller_->end();
            break;
        }
        io_.out.flush();
        return fail(become(settings_.command, std::move(target->socket)));
    }
    return finish(io_, tool, status_);
}

void Session::on_found(ChosenSocket& target) {
    const std::size_t before = told_;
    teller_->begin(target);
    if (target.socket.valid()) {
        carry_out_all(target);
    } else if (!requests_.empty()) {
        note(heading(target) + ": the process that holds it may not be looked into");
        closed_ = true;
        worsen(exit_refused);
    }
    // Closed before anything is printed: a slow reader of ours must not hold up its FIN.
    target.socket.close();
    if (requests_.empty() || told_ > before)
        teller_->end();
}

int Session::on_all_that_fit() {
    const auto done = search(settings_.selection, [&](ChosenSocket& target) { on_found(target); });
    if (!done)
        return fail(done.error());
    remark_on(*done);
    if (done->found > 0 && told_ == 0 && !requests_.empty() && !closed_) {
        note("none of the sockets that fit has such an option");
        worsen(exit_refused);
    }
    return finish(io_, tool, status_);
}

// A word that cannot be a request: a mistake, or an option of another platform.
int refuse_request(Io io, const Cli& cli, const net::Error& error) {
    if (is_mistake(error))
        return cli.refuse(io, error.message());
    complain(io, tool, error);
    return exit_refused;
}

}  // namespace

int sockopt(Args args, Io io) {
    Settings settings;
    Cli cli(tool, "Gets, sets and explains socket options.",
            {"[SOCKET] [OPTION]... [NAME | NAME=VALUE | NAME*=N | NAME+=N]...",
             "[SOCKET] [OPTION]... [NAME=VALUE]... -- COMMAND...", "--list [PATTERN]...",
             "--explain NAME..."});
    declare(cli, settings);
    const auto dashes = std::find(args.begin(), args.end(), "--");
    if (dashes != args.end())
        settings.command.assign(dashes + 1, args.end());
    if (const auto status = cli.parse({args.begin(), dashes}, io))
        return *status;
    if (dashes != args.end() && settings.command.empty())
        return cli.refuse(io, "--: lacks the COMMAND");
    if (settings.list)
        return list_options(settings.words, settings.common.json, io, cli);
    if (settings.explain)
        return explain_options(settings.words, settings.common.json, io, cli);
    settings.selection.family = settings.common.family;
    settings.work.story = settings.common.verbose;
    settings.work.compare = !settings.values;
    if (const auto sound = check(settings.selection); !sound)
        return cli.refuse(io, sound.error().message());
    const bool several = settings.selection.searches();
    if (several && !settings.command.empty())
        return cli.refuse(io, "a COMMAND gets one socket: name it by --fd, --listen or --connect");
    std::vector<Request> requests;
    for (const std::string& word : settings.words) {
        auto request = parse_request(word);
        if (!request)
            return refuse_request(io, cli, request.error());
        requests.push_back(std::move(*request));
    }
    Session session(settings, std::move(requests), io);
    return several ? session.on_all_that_fit() : session.on_one_socket();
}

}  // namespace sockbox::tools
