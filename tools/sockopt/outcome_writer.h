// Writes the outcomes for the options of each socket as text, as values only, or as JSON.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "inspect/outcome.h"
#include "inspect/socket_search.h"
#include "inspect/story.h"
#include "report/json.h"
#include "tools/front/io.h"

namespace sockbox::tools {

// Describes a socket: "nginx[812] fd 6 tcp LISTEN 0.0.0.0:443".
std::string heading(const net::FoundSocket& target);
void append_heading(std::string& text, const net::FoundSocket& target);
report::Json to_json(const net::FoundSocket& target);

// "SO_RCVBUF = 131072", "SO_RCVBUF: 131072 -> 2097152 (asked 1048576; Linux doubles it)", or
// "IP_MTU: the socket is not connected (ENOTCONN)".
std::string to_text(const net::Outcome& outcome);
void append_text(std::string& text, const net::Outcome& outcome);

// Appends what follows the name of an option that was read: " = 131072" or ": the reason".
void append_reading(std::string& text, const net::Outcome& outcome);

// The value alone; "-" if it could not be read.
std::string value_to_text(const net::Outcome& outcome);

report::Json to_json(const net::Outcome& outcome);

// The two parts of to_text() for an option that is set: text_before() is "SO_RCVBUF: 131072 -> ",
// which can be printed before the option is set, and text_after() is the rest.
std::string text_before(const net::Option& option, const std::optional<net::OptionValue>& before);
std::string text_after(const net::Outcome& outcome);

// A value as JSON, in a form that depends on the option's type; null if there is no value.
report::Json value_to_json(const net::OptionRow& row, const std::optional<net::OptionValue>& value);

// The unit of the value in JSON, or null.
report::Json unit_to_json(const net::OptionRow& row);

struct WriterOptions {
    bool json = false;
    std::string_view event = "result";  // the name of a JSON object about a socket
    bool values = false;                // print only values
    bool failures = false;              // in a dump, include options that could not be read
    bool dump = false;                  // all options, printed as a table by level
    bool heading = false;               // print a heading for each socket
    bool follows = false;               // print an empty line before the first heading, too
    bool colored = false;
};

// Writes the outcomes for one socket after another. Between begin() and end(), nothing is written
// unless announce() is called, so that a slow reader of our output does not make us hold another
// process's socket for long.
class OutcomeWriter {
  public:
    virtual ~OutcomeWriter() = default;

    virtual void begin(const net::FoundSocket& target) = 0;
    // Reports that a new socket is now listening or connected, or why it is not.
    virtual void brought_up(const net::FoundSocket&, const net::Status&) {}
    // Writes at once that an option is about to be set, so that the user knows what may have
    // changed if this process ends before write().
    virtual void announce(const net::Option& option,
                          const std::optional<net::OptionValue>& before) = 0;
    virtual void write(const net::Outcome& outcome) = 0;
    // Follows the outcomes.
    virtual void write_story(const std::vector<net::StoryLine>&) {}
    virtual void end() = 0;
    // Called instead of write() and end() if the socket is unavailable.
    virtual void refuse(const net::Error& why) = 0;
};

// `out` must outlive the result.
std::unique_ptr<OutcomeWriter> make_writer(const WriterOptions& options, Output& out);

}  // namespace sockbox::tools
