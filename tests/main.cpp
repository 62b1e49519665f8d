// The test program's main.
#include <gmock/gmock.h>

#include <csignal>

int main(int argc, char** argv) {
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);  // a command's closed output is then an error to look at
#endif
    testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
