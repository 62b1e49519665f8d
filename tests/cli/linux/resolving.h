// Runs commands that wait for a name server.
#pragma once

#include <string>

#include "paths.h"
#include "tests/support.h"

namespace sockbox::test {

// The status of interrupt_while_resolving() without private namespaces or python3.
inline constexpr int refused_world = 77;

// Runs a command with a name server that does not answer, and sends SIGTERM once it was asked.
inline Ran interrupt_while_resolving(const Words& command) {
    Words words{SOCKBOX_SOURCE_DIR "/tests/with_fakedns", "/bin/sh", "-c",
                "\"$@\" </dev/null & child=$!\n"
                // A socket connected to port 53 of 127.0.0.53.
                "until grep -q '^ *[0-9]*: [0-9A-F:]* 3500007F:0035 ' /proc/net/udp; do\n"
                "    kill -0 $child || exit 99\n"
                "    sleep 0.01\n"
                "done\n"
                "kill -TERM $child\n"
                "wait $child",
                "sh"};
    words.push_back(std::string(SOCKBOX_BIN_DIR "/") + command[0]);
    words.insert(words.end(), command.begin() + 1, command.end());
    return Process(words).wait();
}

}  // namespace sockbox::test
