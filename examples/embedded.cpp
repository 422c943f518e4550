// A network inside the program, in eight threads: events come from standard input, results go to standard output,
// and no weights file is read. The array is in weights.h, which the tool abc writes.
// build/abc export --weights data/abc.safetensors --c build/weights.h
// c++ -O2 -pthread -I. -Ibuild examples/embedded.cpp -o build/example_embedded_cpp -lm
// build/example_embedded_cpp < data/background_test.csv
#define PASSWD_NO_TRAINING // it only runs a network: a third of the time to compile
#define PASSWD_NO_JETS
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include "weights.h" // const unsigned char weights[]
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace {

struct Free {
    void operator()(passwd_abc *p) const { passwd_abc_free(p); }
    void operator()(passwd_abc_job *p) const { passwd_abc_job_free(p); }
    void operator()(passwd_event_reader *p) const { passwd_event_reader_close(p); }
};
template <class T> using Owned = std::unique_ptr<T, Free>;

void check(passwd_status status, const passwd_error &error) {
    if (status != PASSWD_OK) throw std::runtime_error(error.message);
}

size_t read_standard_input(void *, char *buffer, size_t bytes) {
    const size_t got = std::fread(buffer, 1, bytes, stdin);
    return std::ferror(stdin) ? static_cast<size_t>(-1) : got;
}

// The network is shared; each thread has its own job, and runs the events [first, first + count).
void run(const passwd_abc *abc, const passwd_events *events, int64_t first, int64_t count, passwd_abc_result *results,
    passwd_error *error) {
    passwd_abc_job *job = nullptr;
    if (passwd_abc_job_new(abc, nullptr, &job, error) == PASSWD_OK)
        passwd_abc_run(job, events, first, count, results, nullptr, error);
    passwd_abc_job_free(job);
}

} // namespace

int main() try {
    const int64_t threads = 8, block = 8192;
    passwd_error error = {};

    passwd_abc *network = nullptr;
    check(passwd_abc_parse(weights, sizeof weights, "weights", nullptr, &network, &error), error);
    const Owned<passwd_abc> abc(network);
    passwd_event_reader *input = nullptr;
    check(passwd_event_reader_open_callback(
              read_standard_input, nullptr, "standard input", nullptr, nullptr, &input, &error),
        error);
    const Owned<passwd_event_reader> reader(input);

    std::unique_ptr<passwd_events, void (*)(passwd_events *)> events(new passwd_events(), [](passwd_events *p) {
        passwd_events_free(p);
        delete p;
    });
    std::vector<passwd_abc_result> results(block);
    std::puts("event,mass_avg,score,loss");
    for (;;) {
        check(passwd_events_read(reader.get(), events.get(), block, &error), error);
        if (events->count == 0) return 0;
        std::vector<passwd_error> errors(threads, passwd_error());
        std::vector<std::thread> running;
        for (int64_t k = 0; k < threads; k++) {
            const int64_t first = events->count * k / threads, count = events->count * (k + 1) / threads - first;
            running.emplace_back(run, abc.get(), events.get(), first, count, results.data() + first, &errors[k]);
        }
        for (auto &thread : running) thread.join();
        for (const auto &one : errors) check(one.status, one);
        for (int64_t k = 0; k < events->count; k++)
            std::printf("%lld,%.9g,%.9g,%.9g\n", static_cast<long long>(events->id[k]), results[k].answer.mass_avg,
                results[k].score, results[k].loss);
    }
} catch (const std::exception &problem) {
    std::fprintf(stderr, "%s\n", problem.what());
    return 1;
}
