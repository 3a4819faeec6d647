/* mosquitto ROLE PORT SIZE SECONDS: relay is the broker; pull counts what comes; push publishes, with QoS 1. */

#include <arpa/inet.h>
#include <mosquitto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static double seconds;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t acked = PTHREAD_COND_INITIALIZER;
static int under_way;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void came(struct mosquitto *it, void *data, const struct mosquitto_message *message)
{
    static double first, began;
    static long counted, all;
    if (++all % 64)
        return;
    double time = now();
    if (!first)
        first = time;
    if (time < first + seconds * 0.2)
        return;
    if (!began)
        began = time;
    else if (time < began + seconds)
        counted += 64;
    else {
        printf("%f\n", counted / (time - began));
        fflush(stdout);
        sleep(3600);
    }
}

static void published(struct mosquitto *it, void *data, int id)
{
    pthread_mutex_lock(&lock);
    under_way--;
    pthread_cond_signal(&acked);
    pthread_mutex_unlock(&lock);
}

static void subscribed(struct mosquitto *it, void *data, int id, int count, const int *qos)
{
    printf("%s\n", (char *)data);
    fflush(stdout);
}

static void connected(struct mosquitto *it, void *data, int code)
{
    if (data)
        mosquitto_subscribe(it, NULL, "ITEM", 1);
}

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int it = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(it, (struct sockaddr *)&address, size);
    getsockname(it, (struct sockaddr *)&address, &size);
    close(it);
    return ntohs(address.sin_port);
}

static void broker(void)
{
    int port = free_port();
    char path[] = "/tmp/zeroless-bench-XXXXXX";
    FILE *settings = fdopen(mkstemp(path), "w");
    /* One that changes its user would not end with this program. */
    fprintf(settings, "listener %d 127.0.0.1\nallow_anonymous true\nuser root\n", port);
    fprintf(settings, "max_inflight_messages 1000\nmax_queued_messages 0\nlog_dest none\n");
    fclose(settings);
    if (!fork()) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, NULL);
        _exit(1);
    }
    sleep(1);
    unlink(path);
    printf("tcp://127.0.0.1:%d\n", port);
    fflush(stdout);
    while (getchar() != EOF)
        ;
}

int main(int count, char **arguments)
{
    const char *role = arguments[1];
    int port = atoi(arguments[2]), size = atoi(arguments[3]);
    int pulls = !strcmp(role, "pull");
    seconds = atof(arguments[4]);
    if (!strcmp(role, "relay")) {
        broker();
        return 0;
    }
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    mosquitto_lib_init();
    struct mosquitto *it = mosquitto_new(NULL, 1, pulls ? endpoint : NULL);
    mosquitto_int_option(it, MOSQ_OPT_SEND_MAXIMUM, 1000);
    mosquitto_int_option(it, MOSQ_OPT_RECEIVE_MAXIMUM, 1000);
    mosquitto_int_option(it, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_message_callback_set(it, came);
    mosquitto_publish_callback_set(it, published);
    mosquitto_subscribe_callback_set(it, subscribed);
    mosquitto_connect_callback_set(it, connected);
    mosquitto_connect(it, "127.0.0.1", port, 60);
    mosquitto_loop_start(it);
    char *body = malloc(size);
    memset(body, 'x', size);
    while (!pulls) {
        pthread_mutex_lock(&lock);
        while (under_way >= 1000)
            pthread_cond_wait(&acked, &lock);
        under_way++;
        pthread_mutex_unlock(&lock);
        mosquitto_publish(it, NULL, "ITEM", size, body, 1, 0);
    }
    while (getchar() != EOF)
        ;
    return 0;
}
