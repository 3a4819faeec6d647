/*  A zyre node of the interop tests, which tell it on stdin what to do, as they do node.py.

        node NAME PORT [KEY=VALUE...]       is found by beacons to that port
        node NAME ENDPOINT [KEY=VALUE...]   is found through the gossip that is bound there

    Beside the commands of node.py it has

        contest GROUP       wants to be elected in it, and says so before it joins

    and prints `LEADER UUID GROUP`. With ZEROLESS_CURVE in its environment it speaks CURVE, with a
    new key, and lets in everybody who does.

        cc -o node node.c -lzyre -lczmq
*/

#include <pthread.h>
#include <zyre.h>

#define LIMIT 180 //  seconds: zyre may hang, but no longer

static void
print_frames (zmsg_t *message)
{
    zframe_t *frame;
    while ((frame = zmsg_pop (message))) {
        size_t size = zframe_size (frame);
        const char *mark = size == 0 ? "-" : "";
        printf (" %s", mark);
        for (size_t place = 0; place < size; place++)
            printf ("%02x", zframe_data (frame)[place]);
        zframe_destroy (&frame);
    }
}

static void
print_words (zmsg_t *message)
{
    char *word;
    while ((word = zmsg_popstr (message))) {
        printf (" %s", word);
        zstr_free (&word);
    }
}

//  Of ENTER: the headers, then the endpoint.
static void
print_peer (zmsg_t *message)
{
    zframe_t *packed = zmsg_pop (message);
    print_words (message);
    zhash_t *headers = zhash_unpack (packed);
    zlist_t *keys = zhash_keys (headers);
    zlist_sort (keys, NULL);
    for (char *key = zlist_first (keys); key; key = zlist_next (keys))
        if (strneq (key, "X-PUBLICKEY")) //  it is different each time
            printf (" %s=%s", key, (char *) zhash_lookup (headers, key));
    zlist_destroy (&keys);
    zhash_destroy (&headers);
    zframe_destroy (&packed);
}

static void *
tell_events (void *node)
{
    bool stopped = false;
    zmsg_t *message;
    while (!stopped && (message = zyre_recv (node))) {
        char *event = zmsg_popstr (message);
        char *peer = zmsg_popstr (message);
        char *name = zmsg_popstr (message);
        bool enter = streq (event, "ENTER");
        bool shout = streq (event, "SHOUT");
        stopped = streq (event, "STOP");
        //  That a peer is quiet is no news: zyre says so of any that has nothing to say.
        if (!stopped && strneq (event, "EVASIVE") && strneq (event, "SILENT")) {
            printf ("%s %s", event, peer);
            if (enter)
                printf (" %s", name);
            if (shout) {
                char *group = zmsg_popstr (message);
                printf (" %s", group);
                zstr_free (&group);
            }
            if (enter)
                print_peer (message);
            else if (shout || streq (event, "WHISPER"))
                print_frames (message);
            else
                print_words (message);
            putchar ('\n');
        }
        zstr_free (&event);
        zstr_free (&peer);
        zstr_free (&name);
        zmsg_destroy (&message);
    }
    return NULL;
}

//  The rest of a command's line, as frames.
static zmsg_t *
read_frames (char **rest)
{
    zmsg_t *message = zmsg_new ();
    char *text;
    while ((text = strtok_r (NULL, " \n", rest))) {
        size_t size = streq (text, "-") ? 0 : strlen (text) / 2;
        zframe_t *frame = zframe_new (NULL, size);
        for (size_t place = 0; place < size; place++) {
            char digits[] = { text[2 * place], text[2 * place + 1], 0 };
            zframe_data (frame)[place] = strtol (digits, NULL, 16);
        }
        zmsg_append (message, &frame);
    }
    return message;
}

static void
obey (zyre_t *node, char *line)
{
    char *rest;
    char *command = strtok_r (line, " \n", &rest);
    char *name = strtok_r (NULL, " \n", &rest);
    assert (command && name);
    if (streq (command, "join"))
        zyre_join (node, name);
    else if (streq (command, "leave"))
        zyre_leave (node, name);
    else if (streq (command, "contest"))
        zyre_set_contest_in_group (node, name);
    else if (streq (command, "whisper")) {
        zmsg_t *message = read_frames (&rest);
        zyre_whisper (node, name, &message);
    }
    else if (streq (command, "shout")) {
        zmsg_t *message = read_frames (&rest);
        zyre_shout (node, name, &message);
    }
    else if (streq (command, "numbers")) {
        int count = atoi (strtok_r (NULL, " \n", &rest));
        for (int number = 0; number < count; number++)
            zyre_whispers (node, name, "%d", number);
    }
    else
        assert (!"a known command");
}

//  Which zyre tells nobody but its log.
static char *
own_endpoint (zyre_t *node)
{
    char *log = NULL;
    size_t size;
    FILE *stream = open_memstream (&log, &size);
    zsys_set_logstream (stream);
    zyre_print (node);
    zyre_uuid (node); //  it answers when it has printed
    zsys_set_logstream (stderr);
    fclose (stream);
    char *start = strstr (log, "endpoint=");
    assert (start);
    return strtok (start + strlen ("endpoint="), "\n");
}

//  The handler that lets everybody in.
static zactor_t *
speak_curve (zyre_t *node)
{
    zactor_t *handler = zactor_new (zauth, NULL);
    zstr_sendx (handler, "CURVE", CURVE_ALLOW_ANY, NULL);
    zsock_wait (handler);
    zcert_t *keys = zcert_new ();
    while (zcert_public_key (keys)[0] == 0) {
        //  zyre takes it for a node without a key.
        zcert_destroy (&keys);
        keys = zcert_new ();
    }
    zyre_set_zcert (node, keys);
    zcert_destroy (&keys);
    return handler;
}

int
main (int argc, char **argv)
{
    assert (argc >= 3);
    alarm (LIMIT);
    setlinebuf (stdout);
    zsys_set_logstream (stderr);
    zyre_t *node = zyre_new (argv[1]);
    zactor_t *handler = getenv ("ZEROLESS_CURVE") ? speak_curve (node) : NULL;
    if (strchr (argv[2], ':')) {
        int failed = zyre_set_endpoint (node, "tcp://127.0.0.1:*");
        assert (!failed);
        zyre_gossip_connect (node, "%s", argv[2]);
    }
    else
        zyre_set_port (node, atoi (argv[2]));
    for (int place = 3; place < argc; place++) {
        char *value = strchr (argv[place], '=');
        assert (value);
        *value++ = 0;
        zyre_set_header (node, argv[place], "%s", value);
    }
    int failed = zyre_start (node);
    assert (!failed);
    printf ("ready %s %s\n", zyre_uuid (node), own_endpoint (node));

    pthread_t thread;
    pthread_create (&thread, NULL, tell_events, node);
    char *line = NULL;
    size_t size = 0;
    while (getline (&line, &size, stdin) > 0) {
        if (streq (line, "stop\n")) {
            zyre_stop (node);
            pthread_join (thread, NULL);
            zyre_destroy (&node);
            zactor_destroy (&handler);
            return 0;
        }
        obey (node, line);
    }
    fflush (stdout);
    _exit (0); //  without a word to anybody
}
