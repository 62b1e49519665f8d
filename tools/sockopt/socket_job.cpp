// Reads and sets options of one socket, and prints remarks about them.
#include "tools/sockopt/socket_job.h"

#include <fmt/format.h>

#include <algorithm>

#include "inspect/set_and_read.h"
#include "inspect/socket_search.h"
#include "inspect/story_facts.h"
#include "tools/sockopt/outcome_writer.h"

namespace sockbox::tools {
namespace {

constexpr std::string_view tool = "sockopt";

bool sets(const net::Request& request) {
    return request.action != net::Request::Action::read;
}

// The message of --strict if the value granted is not the requested one.
std::string shortfall(const net::Outcome& outcome) {
    const net::OptionRow& row = outcome.option.row();
    return fmt::format("set {}={}: the value granted is {}: {}", outcome.option.name(),
                       to_text(row, outcome.change->asked), value_to_text(outcome),
                       outcome.change->grant.reason);
}

}  // namespace

// Codes of the system have another category; its EINVAL may have other causes than a mistake.
bool is_mistake(const net::Error& error) {
    return error.code == std::make_error_code(std::errc::invalid_argument);
}

WriterOptions writer_options(const SockoptSettings& settings, bool dump, const Output& out) {
    const Selection& selection = settings.selection;
    WriterOptions options;
    options.json = settings.common.json;
    options.values = settings.values;
    options.failures = settings.work.all;
    options.dump = dump;
    // A new socket that is neither bound nor connected needs no heading.
    const bool somewhere =
        selection.descriptor || !selection.listen.empty() || !selection.connect.empty();
    options.heading = selection.searches() || (options.dump && somewhere);
    options.colored = settings.common.colored(out);
    return options;
}

void SocketJob::print_error(const net::Error& error, int status) {
    tools::print_error(io_, tool, error);
    status_ = std::max(status_, status);
}

void SocketJob::note(const std::string& text, int status) {
    io_.err.print("{}: {}\n", tool, text);
    status_ = std::max(status_, status);
}

// Prints an outcome's error, or what is remarkable about a value that was set, and raises the exit
// status accordingly.
void SocketJob::remark_on(const net::Outcome& outcome) {
    if (outcome.failed())
        return print_error(outcome.value.error(),
                           is_mistake(outcome.value.error()) ? exit_usage : exit_refused);
    if (!outcome.change)
        return;
    if (settings_.strict && !outcome.change->grant.as_requested)
        note(shortfall(outcome), exit_refused);
    if (!outcome.change->grant.hint.empty() && !settings_.common.quiet)
        note("hint: " + outcome.change->grant.hint);
}

void SocketJob::write(const net::Outcome& outcome) {
    ++written_;
    writer_->write(outcome);
}

// Before a socket shared with another process is changed, its identity is checked again and the
// change is written to the output: if we are killed, the output names every change made.
net::Status SocketJob::announce(const net::FoundSocket& target, const net::Option& option,
                                const std::optional<net::OptionValue>& before) {
    if (!target.descriptor)
        return {};
    if (auto same = net::check_identity(target); !same)
        return same;
    writer_->announce(option, before);
    return {};
}

// Skips all requests after the first one that could not be set, because they may depend on it.
void SocketJob::carry_out(net::FoundSocket& target, const net::Request& request) {
    if (refused_)
        return;
    const net::Outcome outcome = net::set_and_read(
        target.socket, target.facts, request, settings_.work,
        [&](const net::Option& option, const std::optional<net::OptionValue>& before) {
            return announce(target, option, before);
        });
    write(outcome);
    remark_on(outcome);
    set_ = set_ || outcome.change;
    refused_ = sets(request) && !outcome.change;
    if (refused_ && &request != &requests_.back())
        note(fmt::format("{} was refused; the operands after it were skipped",
                         request.option.name()));
}

// With --story, only if the options are asked for as well.
void SocketJob::dump(const net::FoundSocket& target) {
    if (settings_.story && !settings_.work.diff && !settings_.work.all)
        return;
    reader_.read(target.socket, target.facts, [&](const net::Outcome& outcome) { write(outcome); });
}

// Of the options to get, only those that differ from a new socket's.
void SocketJob::read_differing(const net::FoundSocket& target) {
    const auto is_wanted = [](const net::Request& request, const net::Outcome& outcome) {
        return !sets(request) && request.option.level() == outcome.option.level() &&
               request.option.number() == outcome.option.number();
    };
    reader_.read(target.socket, target.facts, [&](const net::Outcome& outcome) {
        if (std::ranges::any_of(requests_, [&](const net::Request& request) {
                return is_wanted(request, outcome);
            }))
            write(outcome);
    });
}

void SocketJob::report_story(const net::FoundSocket& target) {
    if (settings_.story && !refused_)
        writer_->write_story(net::story_of(net::story_facts(target.socket, target.facts)));
}

void SocketJob::carry_out_all(net::FoundSocket& target) {
    refused_ = false;
    set_ = false;
    if (requests_.empty())
        dump(target);
    // A request for TCP_NODELAY on many sockets means those that have this option.
    const bool skips = settings_.selection.searches() && !settings_.work.all;
    for (const net::Request& request : requests_)
        if ((sets(request) || !settings_.work.diff) &&
            (!skips || applies(request.option.row(), target.facts.kind)))
            carry_out(target, request);
    if (settings_.work.diff && !requests_.empty())
        read_differing(target);
    report_story(target);
    if (set_ && target.process && target.facts.kind.listening && !settings_.common.quiet)
        remark_on_companions(target);
}

// Someone who sets an option of a listener may expect all sockets on its port to change.
void SocketJob::remark_on_companions(const net::FoundSocket& target) {
    const net::Companions others = net::companions_of(target);
    const int descriptor = target.descriptor.value_or(-1);
    const std::string count =
        others.accepted > 0 ? fmt::format(" ({} on its port now)", others.accepted) : "";
    note(fmt::format("fd {} listens: connections that it has already accepted keep their values{}",
                     descriptor, count));
    if (others.sharing > 0 && !settings_.selection.searches())
        note(fmt::format("fd {}: {} more listen on its port (SO_REUSEPORT) and are unchanged",
                         descriptor, others.sharing));
}

// Reports a socket known only from the kernel's list, because its process cannot be inspected.
void SocketJob::pass_over(const net::FoundSocket& target) {
    const net::Error why{net::platform::error_of(std::errc::operation_not_permitted),
                         {},
                         heading(target),
                         "no permission to inspect the process that holds it",
                         {}};
    if (!requests_.empty()) {
        note(fmt::format("{}: {}", why.subject, why.detail), exit_refused);
        closed_ = true;
    }
    writer_->refuse(why);
}

void SocketJob::work_on(net::FoundSocket& target) {
    const std::size_t before = written_;
    writer_->begin(target);
    if (!target.socket.valid())
        return pass_over(target);
    carry_out_all(target);
    if (requests_.empty() || written_ > before || !settings_.selection.searches())
        end(target);
    else
        target.socket.close();
}

// If a COMMAND receives the socket, standard output is reserved for it.
void SocketJob::end(net::FoundSocket& target) {
    if (!settings_.command.empty() && status_ == exit_ok)
        return;
    target.socket.close();
    writer_->end();
}

// Sets options before the socket is bound or connected; they are read afterwards, in its new state.
bool SocketJob::prepare(net::FoundSocket& target, const Destination& destination, bool last) {
    if (!requests_.empty())
        writer_->begin(target);
    for (const net::Request& request : requests_)
        if (sets(request))
            carry_out(target, request);
    if (refused_)
        return true;
    const auto up = bring_up(target, settings_.selection, destination);
    writer_->brought_up(target, up);
    if (up)
        return true;
    print_error(up.error(), last ? exit_refused : exit_ok);
    refused_ = last;
    return last;
}

bool SocketJob::work_on_new(net::FoundSocket& target, const Destination& destination, bool last) {
    if (!destination) {
        work_on(target);
        return true;
    }
    refused_ = false;
    if (!prepare(target, destination, last))
        return false;
    if (requests_.empty() && !refused_) {
        writer_->begin(target);
        dump(target);
    }
    for (const net::Request& request : requests_)
        if (!sets(request) && !settings_.work.diff)
            carry_out(target, request);
    if (settings_.work.diff && !requests_.empty())
        read_differing(target);
    report_story(target);
    end(target);
    return true;
}

}  // namespace sockbox::tools
