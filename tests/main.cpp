// The main function of the test program.
#include <gmock/gmock.h>

#include <csignal>

int main(int argc, char** argv) {
#ifdef SIGPIPE
    // Writing to a closed pipe becomes an error that tests can check.
    std::signal(SIGPIPE, SIG_IGN);
#endif
    testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
